using System.Globalization;
using Slipway.Engine;
using Slipway.Wire;

namespace Slipway;

/// <summary>Ports that the helper binds: "80", "53/udp", "80-90"; TCP unless UDP is said.</summary>
internal readonly record struct PortRule(IpProtocol Protocol, ushort First, ushort Last)
{
    public bool Allows(IpProtocol protocol, ushort port) =>
        protocol == Protocol && port >= First && port <= Last;

    /// <exception cref="ConfigurationException">It is not in the grammar.</exception>
    public static PortRule Parse(string key, string text)
    {
        bool isUdp = text.EndsWith("/udp", StringComparison.OrdinalIgnoreCase);
        bool isTcp = text.EndsWith("/tcp", StringComparison.OrdinalIgnoreCase);
        string[] ends = (isUdp || isTcp ? text[..^4] : text).Split('-');
        if (ends.Length <= 2
            && ushort.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture,
                out ushort first)
            && ushort.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture,
                out ushort last)
            && first > 0 && last >= first)
        {
            return new PortRule(isUdp ? IpProtocol.Udp : IpProtocol.Tcp, first, last);
        }

        throw new ConfigurationException(
            key, text, "is not a port or a range of them; write for example 80, 53/udp or 80-90");
    }
}
