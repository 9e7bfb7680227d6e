using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// Appends options to a message of neighbor discovery, whose `Write` makes it. An option that does
/// not fit, or is longer than its length can say (2040 bytes), is left out whole.
/// <code>
/// MTU (RFC 4861 section 4.6.4)
/// +---------------+---------------+-------------------------------+
/// |      5        |       1       |           Reserved            |
/// +---------------+---------------+-------------------------------+
/// |                              MTU                              |
/// +---------------------------------------------------------------+
/// RDNSS and DNSSL (RFC 8106 section 5)
/// +---------------+---------------+-------------------------------+
/// |   25 or 31    |    Length     |           Reserved            |
/// +---------------+---------------+-------------------------------+
/// |                            Lifetime                           |
/// +---------------------------------------------------------------+
/// |        IPv6 addresses / domain names, padded with zeros       |
/// +---------------------------------------------------------------+
/// </code>
/// </summary>
public ref struct NdpOptionWriter
{
    private const int NumberOffset = 4;
    private const int ListOffset = 8;
    private const int MaxUnits = byte.MaxValue;

    private readonly Span<byte> _message;

    internal NdpOptionWriter(Span<byte> message, int lengthBytes)
    {
        _message = message;
        LengthBytes = lengthBytes;
    }

    /// <summary>Length of the message with all that was added.</summary>
    public int LengthBytes { get; private set; }

    /// <summary>Options that did not fit.</summary>
    public int OmittedCount { get; private set; }

    /// <summary>A link-layer address of the sender or the target; null adds nothing.</summary>
    public void AddLinkLayer(NdpOption type, MacAddress? address)
    {
        if (address is { } mac && TryBegin(type, NdpOptionReader.UnitBytes, out Span<byte> option))
        {
            mac.Write(option[NdpOptionReader.ValueOffset..]);
        }
    }

    /// <summary>What all nodes on the link are to use, in bytes; 1280 or more.</summary>
    public void AddMtu(uint mtuBytes)
    {
        if (TryBegin(NdpOption.Mtu, NdpOptionReader.UnitBytes, out Span<byte> option))
        {
            BinaryPrimitives.WriteUInt32BigEndian(option[NumberOffset..], mtuBytes);
        }
    }

    /// <summary>A prefix of the link.</summary>
    public void AddPrefix(PrefixInformation prefix)
    {
        if (TryBegin(
            NdpOption.PrefixInformation, PrefixInformation.LengthBytes, out Span<byte> option))
        {
            prefix.Write(option);
        }
    }

    /// <summary>A more specific route by way of the sender.</summary>
    public void AddRoute(RouteInformation route)
    {
        if (TryBegin(NdpOption.RouteInformation, route.LengthBytes, out Span<byte> option))
        {
            route.Write(option);
        }
    }

    /// <summary>The prefix that IPv4 addresses are put behind.</summary>
    public void AddNat64Prefix(Nat64Prefix prefix)
    {
        if (TryBegin(NdpOption.Nat64Prefix, Nat64Prefix.LengthBytes, out Span<byte> option))
        {
            prefix.Write(option);
        }
    }

    /// <summary>Recursive DNS servers; none adds nothing.</summary>
    /// <param name="lifetimeSeconds">How long they may be used.</param>
    /// <param name="servers">IPv6 addresses.</param>
    public void AddDnsServers(uint lifetimeSeconds, scoped ReadOnlySpan<IpAddress> servers)
    {
        if (!TryBeginList(NdpOption.RecursiveDnsServer, lifetimeSeconds,
            servers.Length * IpAddress.IPv6LengthBytes, out Span<byte> list))
        {
            return;
        }

        for (int i = 0; i < servers.Length; i++)
        {
            servers[i].WriteIPv6(list[(i * IpAddress.IPv6LengthBytes)..]);
        }
    }

    /// <summary>Domains that unqualified names are looked for in; none adds nothing.</summary>
    /// <param name="lifetimeSeconds">How long they may be used.</param>
    /// <param name="names">
    /// One after another in wire form, not compressed (<see cref="DomainName"/>).
    /// </param>
    public void AddSearchList(uint lifetimeSeconds, scoped ReadOnlySpan<byte> names)
    {
        if (TryBeginList(
            NdpOption.DnsSearchList, lifetimeSeconds, names.Length, out Span<byte> list))
        {
            names.CopyTo(list);
        }
    }

    private bool TryBeginList(
        NdpOption type, uint lifetimeSeconds, int lengthBytes, out Span<byte> list)
    {
        list = default;
        if (lengthBytes == 0 || !TryBegin(type, ListOffset + lengthBytes, out Span<byte> option))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt32BigEndian(option[NumberOffset..], lifetimeSeconds);
        list = option[ListOffset..];
        return true;
    }

    // An option of zeros but for type and length.
    private bool TryBegin(NdpOption type, int lengthBytes, out Span<byte> option)
    {
        int units =
            (lengthBytes + NdpOptionReader.UnitBytes - 1) / NdpOptionReader.UnitBytes;
        lengthBytes = units * NdpOptionReader.UnitBytes;
        if (units > MaxUnits || lengthBytes > _message.Length - LengthBytes)
        {
            option = default;
            OmittedCount++;
            return false;
        }

        option = _message.Slice(LengthBytes, lengthBytes);
        option.Clear();
        option[NdpOptionReader.TypeOffset] = (byte)type;
        option[NdpOptionReader.LengthOffset] = (byte)units;
        LengthBytes += lengthBytes;
        return true;
    }
}
