namespace Slipway.Services;

/// <summary>
/// Lets a bounded number of lines through in a second, so that no guest fills the log: what is left
/// out is counted, and told with the next line.
/// </summary>
public sealed class BoundedLines(Action<string> write, TimeProvider time)
{
    /// <summary>In one second.</summary>
    public const int MostLines = 20;

    private readonly Lock _lock = new();
    private long _second;
    private int _written;
    private int _leftOut;

    /// <summary>Writes a line, or counts it; from any thread.</summary>
    public void Write(string line)
    {
        int leftOut;
        lock (_lock)
        {
            long second = time.GetUtcNow().ToUnixTimeSeconds();
            _written = second == _second ? _written : 0;
            _second = second;
            if (_written == MostLines)
            {
                _leftOut++;
                return;
            }

            _written++;
            leftOut = _leftOut;
            _leftOut = 0;
        }

        write(leftOut == 0 ? line : $"{line} ({leftOut} lines more before it)");
    }
}
