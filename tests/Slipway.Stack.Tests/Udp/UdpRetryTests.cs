using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Udp;

public class UdpRetryTests
{
    private static readonly IpEndpoint Earlier = new(VirtualNetwork.Far, 9);

    private readonly EchoingHost _host = new();
    private readonly Counters _counters = new();
    private readonly RecordingPort _port = new();
    private readonly GuestStack _stack;
    private readonly Instant _now = new(1_000_000_000);

    public UdpRetryTests()
    {
        _stack = new GuestStack(VirtualNetwork.Settings, _counters, _host, _host, _host);
        _stack.OnPortOpened(_port, _now);
        _port.TakeAll();
    }

    [Fact]
    public void Send_FailedForAnEarlierDatagramsReport_IsSentAgainAndTheReportTold()
    {
        _host.FailingSends = 1;
        _host.Report = new HostErrorReport(Earlier, Earlier.Address, 3, 3, 0, 0);
        Datagram datagram = new();
        _stack.OnFrame(_port, datagram.ToFrame(), _now);
        Assert.Equal(2, _host.SendCount);
        IcmpPacket.ParseFrame(_port.Take()).Must(
            Expect.Icmp(3, 3), Expect.Quotes(datagram.Source, Earlier, IpProtocol.Udp));
        Assert.Equal(0, _counters.Dropped(DropReason.HostSend));
    }

    [Fact]
    public void Send_FailedWithoutAReport_IsCountedAndNotSentAgain()
    {
        _host.FailingSends = 1;
        _stack.OnFrame(_port, new Datagram().ToFrame(), _now);
        Assert.Equal(1, _host.SendCount);
        Assert.Equal(1, _counters.Dropped(DropReason.HostSend));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(0)]
    public void Report_ThatNoGuestNeeds_IsCounted(byte type)
    {
        // Source quench is of the past (RFC 6633), a redirect is the host's own affair.
        _stack.OnFrame(_port, new Datagram().ToFrame(), _now);
        _host.Report = new HostErrorReport(Earlier, Earlier.Address, type, 0, 0, 0);
        _host.Owner!.OnReady(Readiness.Error, _now);
        Assert.Equal(1, _counters.Dropped(DropReason.Icmp));
    }
}
