namespace Slipway.Control;

/// <summary>What the first bytes of a connection say of it.</summary>
internal enum RawKind
{
    /// <summary>Too few bytes to tell.</summary>
    Unknown,

    /// <summary>An ordinary request: the web server's.</summary>
    Http,

    /// <summary>/v1/connect: bytes to and from a guest's port, by HTTP's Upgrade.</summary>
    Upgrade,

    /// <summary>gvproxy's /tunnel: the same, without an answer in HTTP.</summary>
    Tunnel,

    /// <summary>gvproxy's POST /connect: a guest's frames.</summary>
    Frames,
}
