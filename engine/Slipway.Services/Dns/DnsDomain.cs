namespace Slipway.Services;

/// <summary>A domain whose names others than the host's servers know: split DNS.</summary>
/// <param name="Name">Of the domain, whose own name is in it.</param>
/// <param name="NameServers">In the order in which they are asked; at least one.</param>
public sealed record DnsDomain(string Name, IReadOnlyList<NameServerEndpoint> NameServers);
