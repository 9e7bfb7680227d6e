using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>A listening socket of the host: each client becomes a flow to a guest's port.</summary>
internal sealed class PublishedListener(Publication publication, ushort guestPort)
    : IReadinessOwner
{
    /// <summary>
    /// Clients taken in one turn, so that a flood of them leaves time for others.
    /// </summary>
    private const int AcceptsPerTurn = 64;

    private IHostListener? _listener;
    private LookAhead _lookAhead;

    /// <summary>Begins to take clients; on the keeper.</summary>
    public void Start(int descriptor, bool isUnix) => _listener =
        publication.Keeper.Network.WatchListener(descriptor, isUnix, this);

    public void OnReady(Readiness readiness, Instant now)
    {
        for (int i = 0; i < AcceptsPerTurn && _listener is not null; i++)
        {
            if (_listener.Accept(out IHostStream? stream, out Wire.IpEndpoint client)
                != HostError.None || stream is null)
            {
                _lookAhead.NoteFound(i);
                return;
            }

            publication.Accept(stream, client, guestPort, now);
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
