using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>A client of a published UDP port.</summary>
/// <param name="Endpoint">Its own.</param>
/// <param name="Local">
/// The host's address that it has sent to last; the unspecified one where that is not told.
/// </param>
internal readonly record struct PublishedClient(IpEndpoint Endpoint, IpAddress Local);
