using System.Globalization;
using System.Text;
using Slipway.Engine;
using Slipway.Linux;

namespace Slipway;

/// <summary>
/// Says lines on standard error, each in one write, so that those of several processes on one
/// terminal do not mix. Console is not used: it would take the terminal's settings over. Where
/// systemd's journal reads them they begin with their priority (sd-daemon(3)).
/// </summary>
internal static class StandardError
{
    private const int Descriptor = 2;
    private static readonly Lock Gate = new();
    private static readonly bool IsJournal = LeadsToTheJournal();

    private static Stream _output = Console.OpenStandardError();

    /// <summary>Writes "slipway: " and the text.</summary>
    public static void Say(string text, LogLevel level = LogLevel.Information) =>
        Write($"slipway: {text}", level);

    /// <summary>Writes a line as it is.</summary>
    /// <param name="line">Without its end.</param>
    /// <param name="level">For the journal.</param>
    public static void Write(string line, LogLevel level)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(
            IsJournal ? $"<{PriorityOf(level)}>{line}\n" : $"{line}\n");
        lock (Gate)
        {
            try
            {
                _output.Write(bytes);
            }
            catch (IOException)
            {
                // The reader of standard error is gone (EPIPE): say no more to it.
                _output = Stream.Null;
            }
        }
    }

    // syslog(3)'s.
    private static int PriorityOf(LogLevel level) => level switch
    {
        LogLevel.Debug => 7,
        LogLevel.Information => 6,
        LogLevel.Warning => 4,
        _ => 3,
    };

    // systemd.exec(5): JOURNAL_STREAM names the socket that services are started with; it is
    // inherited by programs whose standard error leads elsewhere, hence the comparison.
    private static bool LeadsToTheJournal()
    {
        string? stream = Environment.GetEnvironmentVariable("JOURNAL_STREAM");
        return stream is not null
            && FileIdentity.OfDescriptor(Descriptor, out FileIdentity identity) == 0
            && stream == string.Create(
                CultureInfo.InvariantCulture, $"{identity.DeviceNumber}:{identity.Inode}");
    }
}
