using Slipway.Wire;

namespace Slipway.Services;

/// <summary>What the DHCPv6 server counts. Written by the worker alone, read by anyone.</summary>
public sealed class Dhcp6Counters
{
    private readonly long[] _malformed = new long[Enum.GetValues<ParseError>().Length];

    public long Solicits;
    public long Requests;
    public long Confirms;
    public long Renews;
    public long Rebinds;
    public long Releases;
    public long Declines;
    public long InformationRequests;
    public long Advertises;
    public long Replies;

    /// <summary>An association for which no address was left: answered NoAddrsAvail.</summary>
    public long PoolExhausted;

    /// <summary>Associations beyond what one message may ask for: answered likewise.</summary>
    public long AssociationsRefused;

    /// <summary>Offers that made room for others before their REQUEST came.</summary>
    public long OffersEvicted;

    /// <summary>A relay's messages: none stands between a guest and its gateway.</summary>
    public long Relayed;

    /// <summary>
    /// Messages that are not answered: servers' own, for another server, without or with
    /// identifiers against RFC 8415 section 16, from a source that is not of the link.
    /// </summary>
    public long Ignored;

    /// <summary>Options that the answer had no room for.</summary>
    public long OptionsOmitted;

    public long Malformeds(ParseError error) => Volatile.Read(ref _malformed[(int)error]);

    internal void Malformed(ParseError error) => _malformed[(int)error]++;
}
