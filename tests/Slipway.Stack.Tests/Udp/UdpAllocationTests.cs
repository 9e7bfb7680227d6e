using Slipway.Testing;

namespace Slipway.Stack.Tests.Udp;

public class UdpAllocationTests
{
    [Theory]
    [InlineData(64)]
    [InlineData(1_472)]
    public void Echo_InSteadyState_AllocatesNothing(int size)
    {
        EchoingHost host = new();
        GuestStack stack = new(VirtualNetwork.Settings, new Counters(), host, host, host);
        int seen = 0;
        RecordingPort port = new() { Sink = _ => seen++ };
        Instant now = new(1_000_000_000);
        stack.OnPortOpened(port, now);
        seen = 0;
        byte[] frame = new Datagram { Payload = new byte[size] }.ToFrame();
        byte[] ping = (IcmpPacket.EchoRequest(1, 1, new byte[56]) with
        {
            Destination = VirtualNetwork.Gateway,
        }).ToFrame();
        SteadyState.AllocatesNothing(500, () =>
        {
            now += Duration.FromMilliseconds(1);
            stack.OnFrame(port, frame, now);
            stack.OnFrame(port, ping, now);
            stack.Advance(now);
            host.Owner!.OnReady(Readiness.Readable | Readiness.Writable, now);
        });
        Assert.Equal(2 * 500 * SteadyState.Windows, seen);
    }
}
