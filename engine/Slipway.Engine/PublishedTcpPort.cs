using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>A TCP port of the host that leads to a guest's: each client becomes a flow.</summary>
internal sealed class PublishedTcpPort(
    KeeperWorker keeper, IpEndpoint guest) : IReadinessOwner
{
    /// <summary>
    /// Clients taken in one turn, so that a flood of them leaves time for others.
    /// </summary>
    private const int AcceptsPerTurn = 64;

    private IHostListener? _listener;
    private LookAhead _lookAhead;

    /// <summary>Where it listens; the port is real also when 0 was asked for.</summary>
    public IpEndpoint Local => _listener!.LocalEndpoint;

    public HostError Listen(in IpEndpoint local) =>
        keeper.Network.ListenTcp(local, this, out _listener);

    public void OnReady(Readiness readiness, Instant now)
    {
        for (int i = 0; i < AcceptsPerTurn && _listener is not null; i++)
        {
            if (_listener.Accept(out IHostStream? stream, out IpEndpoint client) != HostError.None
                || stream is null)
            {
                _lookAhead.NoteFound(i);
                return;
            }

            keeper.Accept(stream, client, guest, now);
            if (i == 0 && _lookAhead.IsLeftOut())
            {
                return;
            }
        }
    }

    public void Close()
    {
        _listener?.Close();
        _listener = null;
    }
}
