namespace Slipway.Services;

/// <summary>A record of a zone.</summary>
/// <param name="Name">Relative to the apex; null where a pattern stands for names.</param>
/// <param name="Pattern">
/// A regular expression that is searched for in the labels before the apex, in lower case and
/// joined by dots; null where there is a name. Of several the first that is found counts, with
/// all its records. Without backtracking: a guest cannot make it slow.
/// </param>
public sealed record DnsZoneRecord(
    string? Name, string? Pattern, DnsRecordContent Data, uint? TtlSeconds = null);
