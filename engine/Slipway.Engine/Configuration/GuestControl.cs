namespace Slipway.Engine;

/// <summary>What guests are told and may do at port 80 of the gateway.</summary>
public enum GuestControl
{
    /// <summary>Nothing listens there.</summary>
    Off,

    /// <summary>A page that tells a guest its own addresses and ports.</summary>
    Status,

    /// <summary>
    /// That, and gvproxy's forwarder: a guest publishes ports of its own address on the host's
    /// loopback, as podman machine's does.
    /// </summary>
    Forwards,
}
