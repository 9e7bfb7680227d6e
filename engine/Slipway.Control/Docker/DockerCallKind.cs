namespace Slipway.Control;

/// <summary>The requests to a Docker engine that ports are a part of.</summary>
internal enum DockerCallKind
{
    /// <summary>Any other.</summary>
    Other,

    /// <summary>POST /containers/create.</summary>
    Create,

    /// <summary>POST /containers/ID/start, and restart.</summary>
    Start,

    /// <summary>GET /containers/ID/json.</summary>
    Inspect,

    /// <summary>GET /containers/json.</summary>
    List,

    /// <summary>GET /events.</summary>
    Events,
}
