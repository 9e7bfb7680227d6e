using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// A guest's UDP endpoint and the host socket that stands for it, whatever remotes it talks to
/// (endpoint-independent mapping, RFC 4787 section 4.1).
/// </summary>
internal sealed class UdpFlow : DatagramFlow, ITimerOwner
{
    private readonly UdpLayer _layer;
    private readonly TimerEntry _timer;

    // Remote addresses that the guest has sent to, by its names for them: the last one here, and
    // all of them in the table once there are two.
    private IpAddress _lastRemote;
    private LruTable<IpAddress, byte>? _remotes;
    private UdpFlowKind _kind = UdpFlowKind.NameQuery;
    private Instant _active;

    public UdpFlow(UdpLayer layer, DatagramTurn turn, in FlowKey key)
        : base(turn)
    {
        _layer = layer;
        Key = key;
        _timer = new TimerEntry(this);
    }

    /// <summary>One to a service, which is the key's remote for the guest.</summary>
    public UdpFlow(
        UdpLayer layer, DatagramTurn turn, in FlowKey key, ServiceTarget service,
        in IpEndpoint endpoint)
        : this(layer, turn, key)
    {
        Service = service;
        ServiceEndpoint = endpoint;
    }

    /// <summary>The service's target; null for a flow to the outside.</summary>
    public ServiceTarget? Service { get; }

    /// <summary>Where its datagrams go, and the only one that they come from.</summary>
    public IpEndpoint ServiceEndpoint { get; set; }

    /// <summary>The family of the host's socket.</summary>
    public bool IsIPv4AtHost =>
        (Service is null ? Key.Remote : ServiceEndpoint).Address.IsIPv4;

    /// <summary>The flow's place in its table.</summary>
    public FlowKey Key { get; }

    public IpEndpoint Guest => Key.Guest;

    public UdpFlowKind Kind => _kind;

    /// <summary>Where the guest was heard last; no port when it has left.</summary>
    public GuestRoute Route { get; set; }

    /// <summary>Where the layer has it in the order of its guest's activity.</summary>
    public int Place { get; set; }

    /// <summary>
    /// The guest leaves its checksums to the link, as a kernel does whose device takes offloads.
    /// One that writes whole frames itself, or has turned offloads off, gets whole frames.
    /// </summary>
    public bool TakesOffloads { get; private set; }

    /// <summary>Notes that the guest sends to a remote.</summary>
    public void NoteOutbound(in GuestPacket packet, in IpEndpoint remote, Instant now)
    {
        Route = packet.Route;
        TakesOffloads = packet.Offload.IsChecksumOpen;
        if (_kind == UdpFlowKind.NameQuery && remote.Port != UdpLayer.NameServerPort)
        {
            _kind = UdpFlowKind.Unreplied;
        }

        NoteRemote(remote.Address);
        NoteActive(now);
    }

    public override string ToString() => $"UDP {Key.Guest}";

    public void Close()
    {
        _layer.Timers.Cancel(_timer);
        CloseSocket();
    }

    public void OnTimer(TimerEntry entry, Instant now)
    {
        Instant due = _active + UdpLayer.LifetimeOf(_kind);
        if (due > now)
        {
            _layer.Timers.Schedule(_timer, due);
        }
        else
        {
            _layer.Remove(this, now);
        }
    }

    protected override void OnRun(DatagramBatch batch, DatagramRun run, Instant now)
    {
        IpEndpoint remote = batch.Remote(run.First);
        IpEndpoint source = NameOf(remote);
        if (run.LengthBytes == run.SegmentBytes || !MayPass(remote, source)
            || !_layer.TrySendRun(this, source, batch, run))
        {
            base.OnRun(batch, run, now);
            return;
        }

        NoteAnswered(now);
    }

    protected override void OnDatagram(IpEndpoint remote, Span<byte> datagram, Instant now)
    {
        IpEndpoint source = NameOf(remote);
        if (!MayPass(remote, source))
        {
            _layer.Counters.Drop(DropReason.Filtered);
            return;
        }

        NoteAnswered(now);
        _layer.SendToGuest(this, source, datagram);
    }

    protected override void OnReport(in HostErrorReport report, Span<byte> quoted, Instant now) =>
        _layer.Report(this, report, quoted, now);

    /// <summary>The endpoint by which the guest knows one of the host's remotes.</summary>
    public IpEndpoint NameOf(in IpEndpoint remote) => Service is not null ? Key.Remote
        : new IpEndpoint(
            _layer.Destinations.ToGuest(remote.Address, Guest.Address), remote.Port);

    private bool MayPass(in IpEndpoint remote, in IpEndpoint source) => Service is not null
        ? remote == ServiceEndpoint
        : !source.Address.IsLoopback && (_layer.IsFullCone || HasContacted(source.Address));

    private void NoteAnswered(Instant now)
    {
        // An answer from port 53 keeps a query's flow short; anything else is a conversation.
        if (_kind == UdpFlowKind.Unreplied)
        {
            _kind = UdpFlowKind.Established;
        }

        NoteActive(now);
    }

    private void NoteActive(Instant now)
    {
        _active = now;
        _layer.NoteActive(this);
        if (!_timer.IsScheduled)
        {
            _layer.Timers.Schedule(_timer, now + UdpLayer.LifetimeOf(_kind));
        }
    }

    private bool HasContacted(IpAddress remote) =>
        remote == _lastRemote || _remotes?.Find(remote) >= 0;

    private void NoteRemote(IpAddress remote)
    {
        if (remote == _lastRemote)
        {
            return;
        }

        if (_lastRemote != default)
        {
            _remotes ??= _layer.NewRemotes();
            AddRemote(_remotes, _lastRemote);
            AddRemote(_remotes, remote);
        }

        _lastRemote = remote;
    }

    private static void AddRemote(LruTable<IpAddress, byte> remotes, IpAddress remote)
    {
        int index = remotes.Find(remote);
        if (index >= 0)
        {
            remotes.Touch(index);
            return;
        }

        if (remotes.IsFull)
        {
            remotes.RemoveAt(remotes.Oldest);
        }

        remotes.Add(remote, 0);
    }
}
