namespace Slipway.Wire;

/// <summary>What the first bytes of a connection say of its server's name.</summary>
public enum ClientHelloResult
{
    /// <summary>It begins as a ClientHello does; more is needed.</summary>
    Incomplete,

    /// <summary>A ClientHello that names its server.</summary>
    Named,

    /// <summary>Something else, or a ClientHello that names none, or one too long.</summary>
    Nameless,
}
