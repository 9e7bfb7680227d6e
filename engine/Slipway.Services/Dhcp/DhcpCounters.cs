using Slipway.Wire;

namespace Slipway.Services;

/// <summary>What the DHCP server counts. Written by the worker alone, read by anyone.</summary>
public sealed class DhcpCounters
{
    private readonly long[] _malformed = new long[Enum.GetValues<ParseError>().Length];

    public long Discovers;
    public long Requests;
    public long Declines;
    public long Releases;
    public long Informs;
    public long Offers;
    public long Acks;
    public long Naks;

    /// <summary>A client for which no address was left: answered by silence.</summary>
    public long PoolExhausted;

    /// <summary>Offers that made room for others before their REQUEST came.</summary>
    public long OffersEvicted;

    /// <summary>
    /// Messages that are not answered: replies, BOOTP, relayed, for another server, odd types.
    /// </summary>
    public long Ignored;

    /// <summary>Options that the client's message size left no room for.</summary>
    public long OptionsOmitted;

    public long Malformeds(ParseError error) => Volatile.Read(ref _malformed[(int)error]);

    internal void Malformed(ParseError error) => _malformed[(int)error]++;
}
