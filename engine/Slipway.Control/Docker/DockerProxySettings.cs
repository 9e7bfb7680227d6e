using Slipway.Wire;

namespace Slipway.Control;

/// <summary>What a Docker proxy is told.</summary>
/// <param name="ListenPath">Where clients connect: a Unix socket, for its owner alone.</param>
/// <param name="Guest">The guest's Docker engine.</param>
/// <param name="ControlPath">The control socket of the engine that the guest is behind.</param>
/// <param name="DefaultHostIp">
/// Where the host listens for a port that is published without an address.
/// </param>
/// <param name="GuestAddress">The guest's address; null for the engine's first guest.</param>
public sealed record DockerProxySettings(
    string ListenPath, DockerGuest Guest, string ControlPath, IpAddress DefaultHostIp,
    IpAddress? GuestAddress);
