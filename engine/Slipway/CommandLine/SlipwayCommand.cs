using System.CommandLine;
using Slipway.Control;
using Slipway.Engine;

namespace Slipway;

/// <summary>The command line: its commands, and one way to say what is wrong.</summary>
internal static class SlipwayCommand
{
    public static int Run(string[] arguments)
    {
        RootCommand root = new("A network engine between a guest and its host, without root.")
        {
            RunCommand.Create(),
            ShellCommand.Create(),
            DoctorCommand.Create(),
            HelperCommand.Create(),
            DockerCommand.Create(),
            PortCommands.CreatePorts(),
            PortCommands.CreatePublish(),
            PortCommands.CreateUnpublish(),
            ServiceCommands.Create(),
            NameCommands.CreateDns(),
            NameCommands.CreateProxy(),
            TableCommands.CreateFlows(),
            TableCommands.CreateLeases(),
            TableCommands.CreateStatistics(),
            CaptureCommand.Create(),
            GvproxyFlags.Describe(),
            CreateConfig(),
            CreateVersion(),
        };

        root.Subcommands.Add(ManualCommands.CreateCompletion(root));
        root.Subcommands.Add(ManualCommands.CreateManual(root));

        // A command's arguments are its own: @file and -abc stay as they are.
        ParserConfiguration parser =
            new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };
        ParseResult result = root.Parse(arguments, parser);
        if (result.Errors.Count > 0)
        {
            StandardError.Say(Explain(result), LogLevel.Error);
            return ExitStatus.Usage;
        }

        try
        {
            return result.Invoke(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (ConfigurationException e)
        {
            StandardError.Say(e.Message, LogLevel.Error);
            return ExitStatus.Usage;
        }
        catch (Exception e) when (e is HostRefusal or ControlException or IOException)
        {
            // An IOException that comes here is standard output's: closed or full.
            StandardError.Say(e.Message, LogLevel.Error);
            return ExitStatus.Failure;
        }
    }

    private static string Explain(ParseResult result)
    {
        string problem = result.UnmatchedTokens.Count > 0
            ? $"'{result.UnmatchedTokens[0]}' is not a command or option here"
            : result.Errors[0].Message.TrimEnd('.');
        return $"{problem}; see `slipway {Path(result)}--help`";
    }

    /// <summary>The command that was meant, for "slipway run --help".</summary>
    private static string Path(ParseResult result) =>
        result.CommandResult.Command is RootCommand ? "" : result.CommandResult.Command.Name + " ";

    private static Command CreateConfig()
    {
        Command schema = new("schema", "Print the configuration's JSON schema.");
        schema.SetAction(_ => Print(ConfigurationSchema.Text));
        return new Command("config", "About the configuration file.") { schema };
    }

    private static Command CreateVersion()
    {
        Command version = new("version", "Print the version.");
        version.SetAction(_ => Print($"slipway {ProgramVersion.Text}\n"));
        return version;
    }

    private static int Print(string text)
    {
        using Stream output = Console.OpenStandardOutput();
        output.Write(System.Text.Encoding.UTF8.GetBytes(text));
        return ExitStatus.Success;
    }
}
