using Slipway.Stack;

namespace Slipway.Testing;

/// <summary>What stands at a TCP endpoint of the simulated host's network.</summary>
public sealed class SimServer
{
    /// <summary>How a connect ends: None accepts, InProgress never ends (a black hole).</summary>
    public HostError Outcome { get; set; }

    /// <summary>Time from the connect to its end.</summary>
    public Duration Delay { get; set; }

    /// <summary>
    /// The connect call itself fails with <see cref="Outcome"/>, and no socket is made.
    /// </summary>
    public bool FailsAtOnce { get; set; }

    /// <summary>
    /// Bytes that the host takes before this server reads them: send and receive buffer.
    /// </summary>
    public int SendBufferBytes { get; set; } = 256 << 10;

    /// <summary>Bytes that wait at the host for the engine to read them.</summary>
    public int ReceiveBufferBytes { get; set; } = 256 << 10;

    /// <summary>Connections in the order in which they were made.</summary>
    public List<SimConnection> Connections { get; } = [];

    public Action<SimConnection>? Accepted { get; set; }

    /// <summary>The only connection so far.</summary>
    public SimConnection Connection => Connections.Single();
}
