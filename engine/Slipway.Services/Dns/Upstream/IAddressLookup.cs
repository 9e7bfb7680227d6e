namespace Slipway.Services;

/// <summary>The host's own resolver, whoever asks it: this process or one beside it.</summary>
internal interface IAddressLookup : IDisposable
{
    /// <summary>Addresses of a name; null when nobody could say, or not by the deadline.</summary>
    /// <param name="name">In wire form.</param>
    /// <param name="ipv4">Its IPv4 addresses, or else its IPv6 ones.</param>
    /// <param name="link">Who asks: a guest has a share of what can be asked at a time.</param>
    Task<LocalName?> FindAsync(
        byte[] name, bool ipv4, int link, TimeSpan deadline, CancellationToken stop);
}
