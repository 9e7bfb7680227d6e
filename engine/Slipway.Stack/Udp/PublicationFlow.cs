using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>The host's socket of a published UDP port, and all its clients.</summary>
internal sealed class PublicationFlow(
    UdpLayer layer, DatagramTurn turn, IPublishedGuest guest, ushort guestPort,
    PublishedDatagrams datagrams)
    : DatagramFlow(turn)
{
    /// <summary>Where the last datagram went.</summary>
    public IpEndpoint Guest { get; private set; } = new(default, guestPort);

    public PublishedDatagrams Datagrams => datagrams;

    public void Close()
    {
        layer.Remove(this);
        CloseSocket();
    }

    protected override void OnDatagram(IpEndpoint remote, Span<byte> datagram, Instant now) =>
        layer.ReceiveFromClient(this, remote, Local, datagram, now);

    /// <summary>Looks where datagrams go now; false where there is no guest.</summary>
    public bool TryLocate(Instant now)
    {
        bool isFound = guest.TryFind(now, out IpAddress address);
        Guest = isFound ? Guest with { Address = address } : Guest;
        return isFound;
    }

    protected override void OnReport(in HostErrorReport report, Span<byte> quoted, Instant now) =>
        layer.ReportOfClient(this, report, quoted, now);
}
