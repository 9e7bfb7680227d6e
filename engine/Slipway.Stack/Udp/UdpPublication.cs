using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>A published UDP port; ends with <see cref="Close"/>.</summary>
public sealed class UdpPublication
{
    private readonly PublicationFlow _flow;

    internal UdpPublication(PublicationFlow flow, in IpEndpoint hostLocal)
    {
        _flow = flow;
        HostLocal = hostLocal;
    }

    /// <summary>Where the host listens; the port is real also when 0 was asked for.</summary>
    public IpEndpoint HostLocal { get; }

    /// <summary>
    /// Closes the host's socket and forgets its clients; a second call does nothing.
    /// </summary>
    public void Close()
    {
        if (!_flow.IsClosed)
        {
            _flow.Close();
        }
    }
}
