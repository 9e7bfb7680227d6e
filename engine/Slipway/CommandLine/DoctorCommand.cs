using System.CommandLine;
using System.Text;
using System.Text.Json;

namespace Slipway;

/// <summary>`slipway doctor`: what this host lacks and how to mend it.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        Option<bool> json = new("--json") { Description = "For programs." };
        Command command = new(
            "doctor", "Check this host and say what is missing and how to mend it.") { json };
        command.SetAction(result => Run(result.GetValue(json)));
        return command;
    }

    private static int Run(bool json)
    {
        Finding[] findings = HostChecks.Run();
        using Stream output = Console.OpenStandardOutput();
        output.Write(json ? ToJson(findings) : Encoding.UTF8.GetBytes(ToTable(findings)));
        return Array.Exists(findings, one => one.Verdict == Verdict.Fail) ? ExitStatus.Failure
            : ExitStatus.Success;
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
        _ => "fail",
    };
}
