namespace Slipway.Stack;

/// <summary>What a published UDP port tells its guest of clients.</summary>
/// <param name="Origin">
/// Whether they are seen at their own addresses; null for the gateway's.
/// </param>
/// <param name="HasProxyHeader">
/// Whether each datagram has a PROXY header (version 2, DGRAM) in front of it.
/// </param>
public readonly record struct PublishedDatagrams(IFlowOrigin? Origin, bool HasProxyHeader);
