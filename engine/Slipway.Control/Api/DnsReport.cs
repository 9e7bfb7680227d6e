namespace Slipway.Control;

/// <summary>A name and one of its records, as the API tells it.</summary>
/// <param name="Name">"registry.test", or "*.registry.test".</param>
/// <param name="Record">Type and data as in a zone file: "A 192.0.2.1".</param>
/// <param name="TtlSeconds">How long others may keep it; null for what is usual.</param>
public sealed record DnsReport(string Name, string Record, uint? TtlSeconds);
