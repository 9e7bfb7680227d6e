using System.Globalization;
using System.Text;
using Slipway.Host;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// What of the host answers for a service: tcp:HOST:PORT, udp:HOST:PORT, unix:PATH.
/// </summary>
/// <param name="Protocol">What guests speak to it: TCP (unix: too) or UDP.</param>
/// <param name="Path">The Unix stream socket; null for the others.</param>
/// <param name="Host">A name that is looked up at each connect; null where there is none.</param>
/// <param name="Endpoint">The address, unspecified for a name, and the port.</param>
public sealed record ServiceTargetSpecification(
    IpProtocol Protocol, string? Path, string? Host, IpEndpoint Endpoint)
{
    private const string Grammar =
        "write tcp:HOST:PORT, udp:HOST:PORT or unix:PATH, for example tcp:127.0.0.1:8080 or "
            + "unix:/run/registry.sock";

    /// <summary>What was written.</summary>
    public required string Text { get; init; }

    /// <exception cref="ConfigurationException">It is not in the grammar.</exception>
    internal static ServiceTargetSpecification Parse(string key, string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string rest = text[(colon + 1)..];
        return (colon < 0 ? "" : text[..colon]) switch
        {
            "unix" => ParsePath(key, text, rest),
            "tcp" => ParseEndpoint(key, text, rest, IpProtocol.Tcp),
            "udp" => ParseEndpoint(key, text, rest, IpProtocol.Udp),
            _ => throw new ConfigurationException(key, text, $"is no target; {Grammar}"),
        };
    }

    public override string ToString() => Text;

    private static ServiceTargetSpecification ParsePath(string key, string text, string path)
    {
        int length = Encoding.UTF8.GetByteCount(path);
        bool isGood = length is > 0 and <= HostNetwork.LongestUnixPathBytes
            && !path.Contains('\0', StringComparison.Ordinal);
        return isGood
            ? new ServiceTargetSpecification(IpProtocol.Tcp, path, null, default) { Text = text }
            : throw new ConfigurationException(
                key, text.Replace("\0", "\\0", StringComparison.Ordinal),
                $"is no path that a socket can have: it has {length} bytes, and the kernel takes 1 "
                    + $"to {HostNetwork.LongestUnixPathBytes}, none of them zero");
    }

    private static ServiceTargetSpecification ParseEndpoint(
        string key, string text, string rest, IpProtocol protocol)
    {
        int colon = rest.LastIndexOf(':');
        string host = colon < 0 ? "" : rest[..colon];
        bool isBracketed = host.StartsWith('[') && host.EndsWith(']');
        host = isBracketed ? host[1..^1] : host;
        if (host.Length == 0 || (!isBracketed && host.Contains(':', StringComparison.Ordinal)))
        {
            throw new ConfigurationException(
                key, text,
                $"lacks a host or a port, or an address of IPv6 without brackets; {Grammar}");
        }

        if (!ushort.TryParse(
            rest[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            || port == 0)
        {
            throw new ConfigurationException(
                key, text, $"'{rest[(colon + 1)..]}' is not a port from 1 to 65535; {Grammar}");
        }

        if (IpAddress.TryParse(host, out IpAddress address))
        {
            bool isUnicast = !address.IsUnspecified && !address.IsMulticast
                && address != IpAddress.IPv4Broadcast
                && (address.IsIPv4 || !address.IsLinkLocal);
            return isUnicast
                ? new ServiceTargetSpecification(
                    protocol, null, null, new IpEndpoint(address, port)) { Text = text }
                : throw new ConfigurationException(
                    key, text, $"{address} is not an address that the host can connect to; name "
                        + "one such as 127.0.0.1");
        }

        return new ServiceTargetSpecification(
            protocol, null, SettingText.ParseDomain(key, text, host), new IpEndpoint(default, port))
        {
            Text = text,
        };
    }
}
