using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>The host's socket of a published UDP port, and all its clients.</summary>
internal sealed class PublicationFlow(UdpLayer layer, DatagramTurn turn, IpEndpoint guest)
    : DatagramFlow(turn)
{
    public IpEndpoint Guest => guest;

    public void Close()
    {
        layer.Remove(this);
        CloseSocket();
    }

    protected override void OnDatagram(IpEndpoint remote, Span<byte> datagram, Instant now) =>
        layer.ReceiveFromClient(this, remote, datagram, now);

    protected override void OnReport(in HostErrorReport report, Span<byte> quoted, Instant now) =>
        layer.ReportOfClient(this, report, quoted, now);
}
