using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Slipway.Control;
using Slipway.Engine;

namespace Slipway;

/// <summary>What the commands that ask a running engine have in common.</summary>
internal sealed class ControlOptions
{
    private readonly Option<string> _control = new("--control")
    {
        Description = "The engine's control socket. [this user's one engine]",
        HelpName = "unix:PATH|tcp:ADDRESS:PORT[,token=FILE]",
    };

    private readonly Option<bool> _json = new("--json")
    {
        Description = "Print JSON, for programs.",
    };

    /// <param name="command">Is given the options.</param>
    /// <param name="hasJson">False where it prints nothing that programs would read.</param>
    public ControlOptions(Command command, bool hasJson = true)
    {
        command.Options.Add(_control);
        if (hasJson)
        {
            command.Options.Add(_json);
        }
    }

    /// <summary>A command that asks for something and shows it, with others below it.</summary>
    public static Command CreateShow<T>(
        string name, string description,
        Func<ControlClient, CancellationToken, Task<T>> ask, JsonTypeInfo<T> type,
        Func<T, Listing> list, params ReadOnlySpan<Command> further)
    {
        Command command = Create(name, description, further);
        ControlOptions options = new(command);
        command.SetAction(result => options.Run(result, async (client, stop) =>
            options.Print(result, await ask(client, stop), type, list)));
        return command;
    }

    /// <summary>The same for what changes by itself, and so can be watched.</summary>
    public static Command CreateTable<T>(
        string name, string description,
        Func<ControlClient, CancellationToken, Task<T>> ask, JsonTypeInfo<T> type,
        Func<T, Listing> list, params ReadOnlySpan<Command> further)
    {
        Option<bool> watch = new("--watch", "-w")
        {
            Description = "Show it again each second until stopped.",
        };
        Command command = Create(name, description, further);
        ControlOptions options = new(command);
        command.Options.Add(watch);
        command.SetAction(result => options.Run(result, async (client, stop) =>
        {
            if (result.GetValue(watch))
            {
                bool isJson = result.GetValue(options._json);
                await Watch.RunAsync(now => ask(client, now), isJson ? type : null, list);
            }
            else
            {
                options.Print(result, await ask(client, stop), type, list);
            }
        }));
        return command;
    }

    /// <summary>Whether the engine was named, or a default one is asked.</summary>
    public bool IsNamed(ParseResult result) => result.GetValue(_control) is not null;

    public bool IsJson(ParseResult result) => result.GetValue(_json);

    /// <summary>Connects, does something, and says what went wrong if it did.</summary>
    public int Run(ParseResult result, Func<ControlClient, CancellationToken, Task> action)
    {
        using ControlClient client = ControlClient.Open(
            result.GetValue(_control) is string text
                ? ControlSpecification.Parse("--control", text) : ControlSpecification.Default);
        action(client, CancellationToken.None).GetAwaiter().GetResult();
        return ExitStatus.Success;
    }

    /// <summary>Prints a value as JSON, or as a table.</summary>
    public void Print<T>(ParseResult result, T value, JsonTypeInfo<T> type, Func<T, Listing> list)
    {
        if (result.GetValue(_json))
        {
            using Stream output = Console.OpenStandardOutput();
            JsonSerializer.Serialize(output, value, type);
            output.WriteByte((byte)'\n');
        }
        else
        {
            list(value).Print();
        }
    }

    private static Command Create(
        string name, string description, ReadOnlySpan<Command> further)
    {
        Command command = new(name, description);
        foreach (Command one in further)
        {
            command.Subcommands.Add(one);
        }

        return command;
    }
}
