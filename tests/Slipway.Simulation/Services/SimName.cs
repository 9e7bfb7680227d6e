using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Simulation;

/// <summary>A name of the outside, and what the host's resolver does when it is asked.</summary>
/// <param name="Text">The name.</param>
/// <param name="Addresses">How many it has, of each family; none is an answer, too.</param>
/// <param name="Delay">How long the resolver takes; Never hangs.</param>
internal sealed record SimName(string Text, int Addresses, Duration Delay)
{
    /// <summary>Such a duration never ends.</summary>
    public static readonly Duration Never = new(long.MaxValue);

    /// <summary>What is said: addresses, that there is no such name, or nothing.</summary>
    public DnsResponseCode Code { get; init; }

    /// <summary>Nobody waits so long for it.</summary>
    public bool IsTooLate => Delay > Duration.FromSeconds(10);

    public bool Hangs => Delay == Never;

    public LocalName? Answer(bool ipv4) => Code switch
    {
        DnsResponseCode.NoError => new LocalName(
            [.. Enumerable.Range(1, Addresses).Select(i => Address(i, ipv4))], null,
            HostResolver.LookupTtlSeconds),
        DnsResponseCode.NameError => LocalName.Nonexistent,
        _ => null,
    };

    private static IpAddress Address(int number, bool ipv4) => ipv4
        ? IpAddress.FromIPv4(0xc633_6400 + (uint)number)
        : IpAddress.Parse($"2001:db8::{number:x}");
}
