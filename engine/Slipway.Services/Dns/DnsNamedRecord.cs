using Slipway.Wire;

namespace Slipway.Services;

/// <summary>A name and one of its records.</summary>
/// <param name="Name">
/// A domain name, with or without a dot at its end; `*.NAME` stands for the names below NAME.
/// </param>
/// <param name="TtlSeconds">How long others may keep it; null for what is usual here.</param>
public sealed record DnsNamedRecord(string Name, DnsRecordContent Data, uint? TtlSeconds = null)
{
    public DnsNamedRecord(string name, IpAddress address)
        : this(name, DnsRecordContent.Address(address))
    {
    }
}
