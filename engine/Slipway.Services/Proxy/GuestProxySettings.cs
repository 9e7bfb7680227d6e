using Slipway.Stack;

namespace Slipway.Services;

/// <summary>The front ends of the proxy, fixed while the engine runs.</summary>
public sealed record GuestProxySettings
{
    /// <summary>The HTTP proxy's port on the gateway; 0 for none.</summary>
    public int Port { get; init; } = 3_128;

    /// <summary>SOCKS5's port on the gateway; 0 for none.</summary>
    public int SocksPort { get; init; } = 1_080;

    /// <summary>
    /// Ports of TCP that go through the upstream unasked while there is one, unless the upstream's
    /// settings name others.
    /// </summary>
    public IReadOnlyList<int> TransparentPorts { get; init; } = [80, 443];

    /// <summary>
    /// Connections that the proxy itself holds at a time: handshakes and plain requests, not
    /// tunnels. Beyond it a connect is answered by RST.
    /// </summary>
    public int MaxStreams { get; init; } = new StackLimits().ProxyStreams;

    /// <summary>The same of one guest.</summary>
    public int MaxStreamsPerGuest { get; init; } = new StackLimits().ProxyStreamsPerGuest;

    /// <summary>
    /// Associations of UDP by SOCKS5 at a time, which have two sockets each at most. Beyond it the
    /// command fails.
    /// </summary>
    public int MaxAssociations { get; init; } = 256;

    /// <summary>The same of one guest.</summary>
    public int MaxAssociationsPerGuest { get; init; } = 64;

    /// <summary>How long a guest may take for the head of a request.</summary>
    public TimeSpan HeadTime { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long an intercepted connection may be silent before its server is let speak first.
    /// </summary>
    public TimeSpan FirstByteTime { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long dialing may take, all upstreams together.</summary>
    public TimeSpan DialTime { get; init; } = TimeSpan.FromSeconds(60);
}
