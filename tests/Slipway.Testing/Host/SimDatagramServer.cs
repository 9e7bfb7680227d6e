using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>A UDP server beyond the host. Without an answer of its own it echoes.</summary>
public sealed class SimDatagramServer
{
    /// <summary>Time until the answer arrives.</summary>
    public Duration Delay { get; set; }

    /// <summary>The datagrams to answer with; an echo if not set.</summary>
    public Func<byte[], IEnumerable<byte[]>>? Answer { get; set; }

    /// <summary>Where the answer comes from, if not from where the question went.</summary>
    public IpEndpoint? AnswersFrom { get; set; }

    public List<byte[]> Received { get; } = [];

    public DatagramOptions LastOptions { get; private set; }

    /// <summary>The host's endpoint that the last datagram came from.</summary>
    public IpEndpoint LastSource { get; private set; }

    internal void Receive(
        SimHost host, SimDatagramSocket socket, IpEndpoint remote, byte[] payload,
            DatagramOptions options)
    {
        Received.Add(payload);
        LastOptions = options;
        LastSource = socket.LocalEndpoint;
        foreach (byte[] answer in Answer?.Invoke(payload) ?? [payload])
        {
            host.After(Delay, () => socket.Arrive(AnswersFrom ?? remote, answer));
        }
    }
}
