using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>A guest's echo identifier and the host's ping socket that stands for it.</summary>
internal sealed class PingFlow : DatagramFlow, ITimerOwner
{
    private readonly PingLayer _layer;
    private readonly TimerEntry _timer;
    private Instant _active;

    /// <param name="layer">Whose flow it is.</param>
    /// <param name="turn">What datagram flows share.</param>
    /// <param name="key">See <see cref="KeyOf"/>.</param>
    public PingFlow(PingLayer layer, DatagramTurn turn, in FlowKey key)
        : base(turn)
    {
        _layer = layer;
        Key = key;
        _timer = new TimerEntry(this);
    }

    /// <summary>The flow's place in its table.</summary>
    public FlowKey Key { get; }

    /// <summary>The guest's address, and the identifier in place of a port.</summary>
    public IpEndpoint Guest => Key.Guest;

    /// <summary>Of the guest's last request.</summary>
    public ushort LastSequenceNumber { get; private set; }

    /// <summary>One socket serves all remotes of a family.</summary>
    public static FlowKey KeyOf(in IpEndpoint guest, IpAddress hostRemote) => new(
        guest,
        new IpEndpoint(hostRemote.IsIPv4 ? IpAddress.IPv4Any : IpAddress.IPv6Any, 0),
        IpProtocol.Icmp);

    public void NoteOutbound(ushort sequenceNumber, Instant now)
    {
        LastSequenceNumber = sequenceNumber;
        _active = now;
        if (!_timer.IsScheduled)
        {
            _layer.Timers.Schedule(_timer, now + PingLayer.Lifetime);
        }
    }

    public void Close()
    {
        _layer.Timers.Cancel(_timer);
        CloseSocket();
    }

    public void OnTimer(TimerEntry entry, Instant now)
    {
        Instant due = _active + PingLayer.Lifetime;
        if (due > now)
        {
            _layer.Timers.Schedule(_timer, due);
        }
        else
        {
            _layer.Remove(this);
        }
    }

    protected override void OnDatagram(IpEndpoint remote, Span<byte> datagram, Instant now) =>
        _layer.SendToGuest(this, remote.Address, datagram[UdpHeader.LengthBytes..]);

    protected override void OnReport(in HostErrorReport report, Span<byte> quoted, Instant now) =>
        _layer.Report(this, report, quoted, now);
}
