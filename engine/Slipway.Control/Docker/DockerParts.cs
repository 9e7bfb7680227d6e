using Slipway.Engine;

namespace Slipway.Control;

/// <summary>What all connections of a Docker proxy use.</summary>
internal sealed record DockerParts(
    DockerGuest Guest, DockerEngineClient Docker, PortKeeper Keeper, GuestPorts GuestPorts,
    DockerViews Views, bool GuestIsIpv6, Action<LogLevel, string> Log);
