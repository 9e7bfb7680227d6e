namespace Slipway.Services;

/// <summary>A CONNECT that came behind other requests of its connection.</summary>
/// <param name="Target">Where the guest wants to go.</param>
/// <param name="Rest">What it has sent behind the head.</param>
public sealed record ConnectRequest(Authority Target, ReadOnlyMemory<byte> Rest);
