using System.CommandLine;
using System.Text;
using System.Text.Json;
using Slipway.Control;

namespace Slipway;

/// <summary>`slipway doctor`: what this host lacks and how to mend it.</summary>
internal static class DoctorCommand
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        Command command = new(
            "doctor", "Check this host and say what is missing and how to mend it; and what a "
                + "running engine's process has given up.");
        ControlOptions options = new(command);
        command.SetAction(result => Run(result, options));
        return command;
    }

    private static int Run(ParseResult result, ControlOptions options)
    {
        Finding[] findings = [.. HostChecks.Run(), .. AskEngine(result, options)];
        using Stream output = Console.OpenStandardOutput();
        output.Write(options.IsJson(result) ? ToJson(findings)
            : Encoding.UTF8.GetBytes(ToTable(findings)));
        return Array.Exists(findings, one => one.Verdict == Verdict.Fail) ? ExitStatus.Failure
            : ExitStatus.Success;
    }

    // Nobody has to have an engine running; one that was named has to answer.
    private static List<Finding> AskEngine(ParseResult result, ControlOptions options)
    {
        List<Finding> findings = [];
        try
        {
            options.Run(result, async (client, stop) =>
            {
                SandboxReport report = await client.GetSandboxAsync(stop)
                    .WaitAsync(s_patience, stop).ConfigureAwait(false);
                findings.Add(new Finding(
                    "engine", Verdict.Ok, $"{client.Path}, sandbox {report.Mode}"));
                findings.AddRange(report.Points.Select(point => new Finding(
                    $"engine: {point.Name}", point.InForce ? Verdict.Yes : Verdict.No,
                    point.Detail)));
            });
        }
        catch (Exception e) when (
            e is ControlException or TimeoutException && !options.IsNamed(result))
        {
            return [];
        }
        catch (TimeoutException)
        {
            throw new ControlException(
                $"the engine does not answer within {s_patience.TotalSeconds} s");
        }

        return findings;
    }

    private static string ToTable(Finding[] findings)
    {
        int width = 0;
        foreach (Finding one in findings)
        {
            width = Math.Max(width, one.Check.Length);
        }

        StringBuilder table = new();
        foreach (Finding one in findings)
        {
            table.Append(Word(one.Verdict).PadRight(6)).Append(
                one.Check.PadRight(width + 2)).Append(one.Detail).Append('\n');
            if (one.Remedy.Length > 0)
            {
                table.Append(' ', 6 + width + 2).Append("-> ").Append(one.Remedy).Append('\n');
            }
        }

        return table.ToString();
    }

    private static byte[] ToJson(Finding[] findings)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartArray();
            foreach (Finding one in findings)
            {
                writer.WriteStartObject();
                writer.WriteString("check", one.Check);
                writer.WriteString("verdict", Word(one.Verdict));
                writer.WriteString("detail", one.Detail);
                writer.WriteString("remedy", one.Remedy);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    private static string Word(Verdict verdict) => verdict switch
    {
        Verdict.Ok => "ok",
        Verdict.Warn => "warn",
        Verdict.Yes => "yes",
        Verdict.No => "no",
        _ => "fail",
    };
}
