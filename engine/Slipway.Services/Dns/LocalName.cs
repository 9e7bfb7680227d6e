using Slipway.Wire;

namespace Slipway.Services;

/// <summary>What is known of a name without asking anybody.</summary>
/// <param name="Addresses">Its addresses, of both families.</param>
/// <param name="Pointer">The name that its PTR record holds, in wire form; null for none.</param>
/// <param name="TtlSeconds">How long a resolver may keep it.</param>
/// <param name="Exists">False: NXDOMAIN.</param>
internal sealed record LocalName(
    IReadOnlyList<IpAddress> Addresses, byte[]? Pointer, uint TtlSeconds, bool Exists = true)
{
    public static readonly LocalName Nonexistent =
        new([], null, LocalNames.LeaseTtlSeconds, Exists: false);
}
