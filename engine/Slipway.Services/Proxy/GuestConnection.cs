using System.Net.Sockets;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>A guest's connection to the proxy: the far end of its flow's socket pair.</summary>
/// <param name="socket">What the guest sends, and what it is sent.</param>
/// <param name="guest">Who it is.</param>
/// <param name="link">The number of its link: what is bounded for each guest.</param>
/// <param name="destination">Where its SYN went.</param>
public abstract class GuestConnection(
    Socket socket, IpEndpoint guest, int link, IpEndpoint destination)
    : IDisposable
{
    public Socket Socket { get; } = socket;

    public IpEndpoint Guest { get; } = guest;

    public int Link { get; } = link;

    public IpEndpoint Destination { get; } = destination;

    /// <summary>
    /// Gives the flow a connected socket in place of this connection; both are gone for the caller.
    /// All that it has read of either has been written to the other.
    /// </summary>
    /// <exception cref="SocketException">Out of descriptors.</exception>
    public abstract void HandOver(Socket upstream);

    /// <summary>
    /// Opens a port of UDP where the guest has connected to, for this guest alone. Null when there
    /// is none left, or the engine stops.
    /// </summary>
    /// <param name="receiver">Takes what the guest sends there.</param>
    public abstract Task<GuestRelay?> OpenRelayAsync(IRelayReceiver receiver);

    /// <summary>
    /// Answers the guest's SYN, of a connection that was intercepted; others are answered already.
    /// </summary>
    public abstract void Answer();

    /// <summary>
    /// Ends the flow by RST, as a connection that failed; one that has not been answered yet is
    /// told what the error is.
    /// </summary>
    public abstract void Fail(HostError error);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            Socket.Dispose();
        }
    }
}
