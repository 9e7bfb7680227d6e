using Slipway.Wire;

namespace Slipway.Services;

/// <summary>What the DHCPv6 server hands out; fixed while it runs.</summary>
public sealed record Dhcp6Settings : LeaseSettings
{
    private const ulong FirstInPrefix = 0x1_0000;
    private const ulong LastInPrefix = 0x1_ffff;

    /// <summary>The link's prefix: what is outside is not on the link.</summary>
    public IpPrefix Prefix { get; init; } = new(new IpAddress(0xfd5a_94ef_e40c_0000, 0), 64);

    /// <summary>Never handed out; the DNS server where none is named.</summary>
    public IpAddress Gateway { get; init; } = new(0xfd5a_94ef_e40c_0000, 1);

    /// <summary>The server's DUID (option 2) is made of it, and so survives a restart.</summary>
    public MacAddress GatewayMac { get; init; } = new(0x5a94_efe4_0cdd);

    /// <summary>Never handed out; null when it is switched off.</summary>
    public IpAddress? HostAlias { get; init; } = new IpAddress(0xfd5a_94ef_e40c_0000, 0xfe);

    /// <summary>False gives out no address: the server tells options alone (stateless).</summary>
    public bool AssignsAddresses { get; init; } = true;

    /// <summary>
    /// The pool's first address; the one at 1:0 of the prefix if null. First and last have the same
    /// upper 64 bits.
    /// </summary>
    public IpAddress? First { get; init; }

    /// <summary>The pool's last address; the one at 1:ffff of the prefix if null.</summary>
    public IpAddress? Last { get; init; }

    public IReadOnlyList<Dhcp6StaticLease> StaticLeases { get; init; } = [];

    /// <summary>Option 32: when a client without a lease asks again; at least 600 s.</summary>
    public TimeSpan InformationRefreshTime { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// Options 82 and 83. An hour is usual, to spare a network without a server; on a virtual
    /// network nothing is spared, and a guest should find an engine that was started after it.
    /// </summary>
    public TimeSpan MaxPause { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary><see cref="First"/>, or what stands for it.</summary>
    public IpAddress PoolFirst => First ?? Prefix.At(FirstInPrefix);

    /// <summary><see cref="Last"/>, or what stands for it.</summary>
    public IpAddress PoolLast => Last ?? Prefix.At(LastInPrefix);
}
