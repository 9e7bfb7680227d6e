using System.Globalization;
using System.Text;
using Slipway.Engine;
using Slipway.Linux;

namespace Slipway;

/// <summary>
/// Says lines on standard error, each in one write, so that those of several processes on one
/// terminal do not mix. Nobody waits for a reader that does not read: a thread does that. Console
/// is not used: it would take the terminal's settings over. Where systemd's journal reads them
/// they begin with their priority (sd-daemon(3)).
/// </summary>
internal static class StandardError
{
    private const int Descriptor = 2;

    /// <summary>What a pipe takes at once, when it takes anything (pipe(7), PIPE_BUF).</summary>
    private const int PieceBytes = 4_096;

    /// <summary>Lines for a reader that does not read are kept up to this, in bytes.</summary>
    private const int MaximumWaitingBytes = 64 << 10;

    private static readonly Lock Gate = new();
    private static readonly bool IsJournal = LeadsToTheJournal();
    private static readonly Queue<ReadOnlyMemory<byte>> Waiting = new();
    private static int s_waitingBytes;
    private static int s_lostLines;
    private static bool s_isGone;

    /// <summary>Writes "slipway: " and the text.</summary>
    public static void Say(string text, LogLevel level = LogLevel.Information) =>
        Write($"slipway: {text}", level);

    /// <summary>Writes a line as it is.</summary>
    /// <param name="line">Without its end.</param>
    /// <param name="level">For the journal.</param>
    public static void Write(string line, LogLevel level)
    {
        ReadOnlyMemory<byte> bytes = Encoding.UTF8.GetBytes(
            IsJournal ? $"<{PriorityOf(level)}>{line}\n" : $"{line}\n");
        lock (Gate)
        {
            if (s_isGone || (Waiting.Count == 0 && TryWrite(ref bytes)))
            {
                return;
            }

            Keep(bytes);
        }
    }

    // False when what is left would block: a turn may be what says the line.
    private static bool TryWrite(ref ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (!Files.CanWriteNow(Descriptor))
            {
                return false;
            }

            int written = Files.Write(
                Descriptor, bytes.Span[..Math.Min(bytes.Length, PieceBytes)]);
            if (written >= 0)
            {
                bytes = bytes[written..];
            }
            else if (written == -Errno.EAGAIN)
            {
                return false;
            }
            else if (written != -Errno.EINTR)
            {
                // The reader is gone: no more is said. Of a full disk this line is lost.
                s_isGone = written == -Errno.EPIPE;
                return true;
            }
        }

        return true;
    }

    private static void Keep(ReadOnlyMemory<byte> bytes)
    {
        if (s_waitingBytes + bytes.Length > MaximumWaitingBytes)
        {
            s_lostLines++;
            return;
        }

        s_waitingBytes += bytes.Length;
        Waiting.Enqueue(bytes);
        if (Waiting.Count == 1)
        {
            new Thread(WriteWaiting) { Name = "slipway log", IsBackground = true }.Start();
        }
    }

    private static void WriteWaiting()
    {
        while (true)
        {
            Files.AwaitWritable(Descriptor);
            lock (Gate)
            {
                ReadOnlyMemory<byte> first = Waiting.Peek();
                int before = first.Length;
                if (!s_isGone && !TryWrite(ref first))
                {
                    s_waitingBytes -= before - first.Length;
                    Replace(first);
                    continue;
                }

                s_waitingBytes -= before;
                _ = Waiting.Dequeue();
                if (Waiting.Count > 0)
                {
                    continue;
                }

                if (s_lostLines == 0)
                {
                    return;
                }

                string lost = $"slipway: {s_lostLines} lines were lost: nobody read them\n";
                s_lostLines = 0;
                ReadOnlyMemory<byte> told = Encoding.UTF8.GetBytes(lost);
                s_waitingBytes += told.Length;
                Waiting.Enqueue(told);
            }
        }
    }

    // The rest of the first one stays the first.
    private static void Replace(ReadOnlyMemory<byte> first)
    {
        ReadOnlyMemory<byte>[] others = [.. Waiting];
        Waiting.Clear();
        others[0] = first;
        foreach (ReadOnlyMemory<byte> one in others)
        {
            Waiting.Enqueue(one);
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
