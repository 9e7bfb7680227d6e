using System.Buffers.Binary;
using System.Globalization;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// The IPv4 networks that the host reaches without a router. A virtual subnet over one of them
/// would hide it from the guests, so that it is refused before anything is started.
/// </summary>
public sealed class ConnectedNetworks
{
    private const string RoutesPath = "/proc/net/route";

    /// <summary>RTF_GATEWAY (route(8)): the network is behind a router.</summary>
    private const int GatewayFlag = 2;

    /// <summary>
    /// Wider routes are those of a VPN that takes everything; no subnet could avoid them.
    /// </summary>
    private const int WidestPrefixLength = 8;

    private readonly List<(string Device, IpPrefix Network)> _networks = [];

    /// <param name="routes">The text of /proc/net/route.</param>
    public ConnectedNetworks(string routes)
    {
        foreach (string line in routes.Split('\n'))
        {
            string[] fields = line.Split('\t', StringSplitOptions.TrimEntries);
            if (fields.Length < 8 || !TryParseHex(fields[1], out uint network)
                || !TryParseHex(fields[3], out uint flags)
                || !TryParseHex(fields[7], out uint mask))
            {
                continue;
            }

            // Addresses stand there as the machine holds them in memory: network order.
            int length = (int)uint.PopCount(mask);
            if ((flags & GatewayFlag) == 0 && length >= WidestPrefixLength)
            {
                _networks.Add(
                    (fields[0], new IpPrefix(IpAddress.FromIPv4(ToHostOrder(network)), length)));
            }
        }
    }

    /// <summary>Those of this host now; none when the kernel does not say.</summary>
    public static ConnectedNetworks Read()
    {
        try
        {
            return new ConnectedNetworks(File.ReadAllText(RoutesPath));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new ConnectedNetworks("");
        }
    }

    /// <summary>Refuses a subnet that a network of the host overlaps.</summary>
    /// <exception cref="ConfigurationException">Names the network, its device and a free
    /// subnet.</exception>
    public void Check(EngineConfiguration configuration)
    {
        foreach ((string device, IpPrefix network) in _networks)
        {
            if (network.Overlaps(configuration.Subnet) && !IsOwnTap(configuration, device))
            {
                throw new ConfigurationException(
                    configuration.SubnetKey, configuration.Subnet.ToString(),
                    $"overlaps {network} on the host's {device}, which guests could not reach; "
                    + $"use another, such as --subnet {FirstFree(configuration.Subnet)}");
            }
        }
    }

    /// <summary>
    /// A subnet of the same size, the given one or the nearest after it, that overlaps nothing.
    /// </summary>
    public IpPrefix FirstFree(IpPrefix subnet)
    {
        const int Tries = 64;
        ulong size = 1UL << (32 - subnet.Length);
        for (int i = 0; i < Tries; i++)
        {
            IpPrefix candidate = subnet with { Network = subnet.At((ulong)i * size) };
            if (!_networks.Exists(one => one.Network.Overlaps(candidate)))
            {
                return candidate;
            }
        }

        return subnet;
    }

    /// <summary>A TAP in the host's own namespace carries the subnet itself.</summary>
    private static bool IsOwnTap(EngineConfiguration configuration, string device)
    {
        foreach (LinkSpecification link in configuration.Links)
        {
            if (link is TapLinkSpecification { NetworkNamespace: null } tap && tap.Name == device)
            {
                return true;
            }
        }

        return false;
    }

    private static bool TryParseHex(string text, out uint value) =>
        uint.TryParse(
            text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);

    private static uint ToHostOrder(uint value) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
}
