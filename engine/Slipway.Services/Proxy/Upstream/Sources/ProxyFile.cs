using System.Text;
using System.Text.Json;

namespace Slipway.Services;

/// <summary>
/// A file of settings in vpnkit's JSON form, read again when it changes. One that cannot be read or
/// understood leaves the last good settings in force; one that is gone says nothing.
/// </summary>
internal sealed class ProxyFile : ProxySource
{
    private const int MaxLengthBytes = 1 << 20;
    private const char ByteOrderMark = '\ufeff';
    private readonly string _path;
    private readonly Action<string> _report;
    private readonly Lock _reading = new();
    private (DateTime Modified, long Length) _seen;
    private string? _reported;

    public ProxyFile(string path, Action<string> report)
    {
        _path = path;
        _report = report;
        Refresh();
    }

    public override bool IsPolled => true;

    public override void Refresh()
    {
        lock (_reading)
        {
            try
            {
                Look();
            }
            catch (Exception error) when (error is FileNotFoundException
                or DirectoryNotFoundException)
            {
                _seen = default;
                if (Current is not null)
                {
                    _report($"the proxy file {_path} is gone; what it said no longer holds");
                    Become(null);
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                Complain($"cannot be read ({error.Message})");
            }
            catch (Exception error)
                when (error is JsonException or FormatException or InvalidOperationException)
            {
                // The last is what the library makes of half a character: "\ud800".
                Complain(error is FormatException ? error.Message : "is not a JSON object");
            }
        }
    }

    private void Look()
    {
        // Opened first: what counts is the file behind a link.
        using FileStream file = new(
            _path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete,
            bufferSize: 0);
        (DateTime, long) now = (File.GetLastWriteTimeUtc(file.SafeFileHandle), file.Length);
        if (now == _seen)
        {
            return;
        }

        _seen = now;
        if (file.Length > MaxLengthBytes)
        {
            throw new FormatException("is longer than 1 MiB");
        }

        byte[] bytes = new byte[file.Length];
        int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        string text = Encoding.UTF8.GetString(bytes, 0, length).TrimStart(ByteOrderMark);
        ProxySettings settings =
            VpnkitProxyDocument.Parse(text, out IReadOnlyList<string> leftOut);
        foreach (string item in leftOut)
        {
            _report($"the proxy file {_path}: {item}; left out");
        }

        _reported = null;
        Become(settings with { Origin = _path });
    }

    private void Complain(string fault)
    {
        if (fault != _reported)
        {
            _reported = fault;
            _report($"the proxy file {_path} {fault}; "
                + (Current is null ? "it says nothing until that is mended"
                    : "what it said before holds on"));
        }
    }
}
