using Slipway.Wire;

namespace Slipway.Services;

/// <summary>What the DHCP server hands out; fixed while it runs.</summary>
public sealed record DhcpSettings : LeaseSettings
{
    public IpPrefix Subnet { get; init; } = new(IpAddress.FromIPv4(0xc0a8_7f00), 24);

    /// <summary>Router (option 3) and server identifier (option 54).</summary>
    public IpAddress Gateway { get; init; } = IpAddress.FromIPv4(0xc0a8_7f01);

    /// <summary>Never handed out; null when it is switched off.</summary>
    public IpAddress? HostAlias { get; init; } = IpAddress.FromIPv4(0xc0a8_7ffe);

    /// <summary>
    /// The first address that is chosen for a client; those below it only clients that ask for one
    /// by name get. The subnet's first if null.
    /// </summary>
    public IpAddress? First { get; init; }

    /// <summary>Option 42; not sent when empty.</summary>
    public IReadOnlyList<IpAddress> NtpServers { get; init; } = [];

    /// <summary>Option 121, after which the default route by the gateway is added.</summary>
    public IReadOnlyList<ClasslessRoute> Routes { get; init; } = [];

    /// <summary>Option 26, in bytes.</summary>
    public int MtuBytes { get; init; } = 1500;

    public IReadOnlyList<StaticLease> StaticLeases { get; init; } = [];
}
