using System.Net;
using System.Text;
using Slipway.Engine;

namespace Slipway;

/// <summary>The URLs that gvproxy's flags have.</summary>
internal static class GvproxyAddress
{
    private const int LongestPathBytes = 107; // unix(7), with room for a final zero

    /// <summary>The path of "SCHEME:///PATH".</summary>
    /// <exception cref="ConfigurationException">It is another URL.</exception>
    public static string ParsePath(string flag, string url, string scheme = "unix")
    {
        string prefix = $"{scheme}://";
        string path = url.StartsWith(prefix + "/", StringComparison.Ordinal)
            ? url[prefix.Length..]
            : throw new ConfigurationException(
                $"-{flag}", url, $"is not taken here; write {prefix}/PATH");
        int bytes = Encoding.UTF8.GetByteCount(path);
        return bytes <= LongestPathBytes ? path : throw new ConfigurationException(
            $"-{flag}", url,
            $"the path of a Unix socket has at most {LongestPathBytes} bytes, and this one has "
                + $"{bytes}; choose a shorter one");
    }

    /// <summary>"vsock://:1024", "vsock://2:1024"; null for another scheme.</summary>
    public static string? ParseVsockPort(string url) =>
        url.StartsWith("vsock://", StringComparison.Ordinal)
            ? url[(url.LastIndexOf(':') + 1)..].TrimEnd('/') : null;

    /// <summary>"tcp://127.0.0.1:5555"; null for another scheme.</summary>
    /// <exception cref="ConfigurationException">It is not on the loopback.</exception>
    public static IPEndPoint? ParseTcp(string flag, string url)
    {
        const string prefix = "tcp://";
        if (!url.StartsWith(prefix, StringComparison.Ordinal))
        {
            return null;
        }

        return IPEndPoint.TryParse(url[prefix.Length..].TrimEnd('/'), out IPEndPoint? place)
            && place.Port > 0 && IPAddress.IsLoopback(place.Address)
            ? place
            : throw new ConfigurationException(
                $"-{flag}", url,
                "lets others than this machine in; write tcp://127.0.0.1:PORT, or unix:///PATH");
    }
}
