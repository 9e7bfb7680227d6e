namespace Slipway.Services;

/// <summary>
/// A small file of the host's configuration, parsed, and parsed again when it changes: a VPN that
/// comes up rewrites resolv.conf, and the guests' next query follows it.
/// </summary>
internal sealed class WatchedFile<T>(string path, TimeSpan interval, Func<string, T> parse)
    where T : class
{
    // Nothing that a host keeps by hand is longer; a hosts file of a blocklist may be a few MiB.
    private const int MaxLengthBytes = 16 << 20;
    private readonly Lock _reading = new();
    private T? _value;
    private (DateTime Modified, long Length) _seen;
    private bool _isAbsent;

    // Found empty, and not believed yet.
    private bool _isEmpty;
    private long _checkAtMs;

    /// <summary>
    /// The file as it is, or was at most an interval ago. A file that is not there or cannot be
    /// read is as an empty one.
    /// </summary>
    public T Current
    {
        get
        {
            T? value = Volatile.Read(ref _value);
            return value is not null && Environment.TickCount64 < Volatile.Read(ref _checkAtMs)
                ? value : Check();
        }
    }

    private T Check()
    {
        lock (_reading)
        {
            if (_value is T value && Environment.TickCount64 < _checkAtMs)
            {
                return value;
            }

            T current = Read();
            Volatile.Write(ref _value, current);
            Volatile.Write(
                ref _checkAtMs, Environment.TickCount64 + (long)interval.TotalMilliseconds);
            return current;
        }
    }

    private T Read()
    {
        try
        {
            // Opened first, since resolv.conf is often a link: what counts is the file behind it.
            using FileStream file = new(
                path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete,
                bufferSize: 0);
            (DateTime Modified, long Length) now =
                (File.GetLastWriteTimeUtc(file.SafeFileHandle), file.Length);
            if (_value is T known && now == _seen && !_isAbsent)
            {
                return known;
            }

            if (now.Length == 0 && _seen.Length > 0 && !_isEmpty && _value is T last)
            {
                // Who writes a file in place empties it first. What follows is there the next time.
                _isEmpty = true;
                return last;
            }

            _seen = now;
            _isAbsent = false;
            _isEmpty = false;
            byte[] bytes = new byte[Math.Min(file.Length, MaxLengthBytes)];
            int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return parse(System.Text.Encoding.Latin1.GetString(bytes, 0, length));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Still away is no change: who remembers the value sees the same one.
            T absent = _value is T known && _isAbsent ? known : parse("");
            _isAbsent = true;
            _seen = default;
            return absent;
        }
    }
}
