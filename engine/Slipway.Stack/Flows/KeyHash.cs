using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Hashes of table keys under a key of this start (SipHash-1-3), so that a guest cannot choose
/// addresses and ports that meet in one place (CVE-2024-10026). No hash leaves the process.
/// </summary>
/// <remarks>
/// A multiplication under a secret would be quicker by some 5 ns, but what is known of its
/// collisions holds only for a guest that cannot time the table, and it has all day to try.
/// </remarks>
internal sealed class KeyHash(Seed128 seed)
{
    public ulong Of(in FlowKey key)
    {
        ulong ports =
            ((ulong)key.Guest.Port << 32) | ((ulong)key.Remote.Port << 16) | (ulong)key.Protocol;
        if (key.Guest.Address.IsIPv4 && key.Remote.Address.IsIPv4)
        {
            ulong addresses = ((ulong)key.Guest.Address.IPv4 << 32) | key.Remote.Address.IPv4;
            return SipHash.HashWords(addresses, ports, seed.Low, seed.High);
        }

        return Of([
            key.Guest.Address.High, key.Guest.Address.Low,
            key.Remote.Address.High, key.Remote.Address.Low, ports]);
    }

    public ulong Of(IpEndpoint key) => Of([key.Address.High, key.Address.Low, key.Port]);

    public ulong Of(IpAddress key) => Of([key.High, key.Low]);

    public ulong Of(MacAddress key) => Of([key.Value]);

    public ulong Of(FragmentKey key) => Of([
        key.Source.High, key.Source.Low, key.Destination.High, key.Destination.Low,
        ((ulong)key.Protocol << 32) | key.Identification]);

    private ulong Of(ReadOnlySpan<ulong> words) =>
        SipHash.HashWords(words, seed.Low, seed.High);
}
