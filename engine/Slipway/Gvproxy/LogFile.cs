using System.Globalization;
using Slipway.Engine;

namespace Slipway;

/// <summary>The engine's log as lines of a file, each with its time.</summary>
internal sealed class LogFile : IAdjustableLog, IDisposable
{
    private readonly StreamWriter _lines;
    private volatile LogLevel _minimum;
    private readonly Lock _writing = new();

    /// <summary>Makes the file anew.</summary>
    /// <exception cref="ConfigurationException">It cannot be made.</exception>
    public LogFile(string path, LogLevel minimum)
    {
        _minimum = minimum;
        try
        {
            _lines = new StreamWriter(path) { AutoFlush = true };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(
                "-log-file", path, $"cannot be written ({e.Message}); name another file", e);
        }
    }

    public LogLevel Minimum
    {
        get => _minimum;
        set => _minimum = value;
    }

    public bool IsEnabled(LogLevel level) => level >= _minimum;

    public void Write(LogLevel level, string message)
    {
        if (IsEnabled(level))
        {
            lock (_writing)
            {
                Write(string.Create(
                    CultureInfo.InvariantCulture, $"{DateTimeOffset.Now:O} {level}: {message}"));
            }
        }
    }

    public void Dispose()
    {
        try
        {
            _lines.Dispose();
        }
        catch (IOException)
        {
            return; // its last line found the disk full
        }
    }

    private void Write(string line)
    {
        try
        {
            _lines.WriteLine(line);
        }
        catch (IOException)
        {
            return; // the disk is full: this line is lost, and the guests are served
        }
    }
}
