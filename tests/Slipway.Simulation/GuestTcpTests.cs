using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Simulation;

/// <summary>
/// The simulated guest's TCP against itself: what it proves of the engine rests on it.
/// </summary>
public sealed class GuestTcpTests
{
    private const int StreamLength = 300_000;

    private static readonly MacAddress FarMac = new(0x0200_0000_0099);

    private readonly FakeClock _clock = new();

    [Theory]
    [InlineData(0, 0, 0, true, true)]
    [InlineData(20, 20, 20, true, true)]
    [InlineData(50, 20, 50, true, false)]
    [InlineData(50, 20, 50, false, false)]
    public void GuestTcp_ToItself_MovesStreamsWhole(
        int lost, int duplicated, int reordered, bool sack, bool timestamps)
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            Faults faults = new()
            {
                LostPerMille = lost, DuplicatedPerMille = duplicated, ReorderedPerMille = reordered,
            };
            Run(seed, faults, new GuestTcpOptions { Sack = sack, Timestamps = timestamps });
        }
    }

    private void Run(int seed, Faults faults, GuestTcpOptions options)
    {
        FaultyWire? toFar = null;
        FaultyWire? toNear = null;
        SimGuest near = new(_clock, frame => toFar!.Send(Readdress(frame, FarMac)), 1);
        SimGuest far =
            new(_clock, frame => toNear!.Send(Readdress(frame, VirtualNetwork.GuestMac)), 2)
        {
            Address = VirtualNetwork.Far, Mac = FarMac,
        };
        toFar = new FaultyWire(_clock, faults, seed, far.Receive);
        toNear = new FaultyWire(_clock, faults, seed + 1000, near.Receive);

        GuestTcp? accepted = null;
        far.Listen(80, connection => accepted = connection, options);
        GuestTcp opened = near.Connect(40_000, VirtualNetwork.FarEndpoint, options);
        StreamPattern there = new(1);
        StreamPattern back = new(2);
        long gotThere = 0;
        long gotBack = 0;
        opened.Write(there.Bytes(0, StreamLength));
        opened.CloseSend();
        bool answered = false;
        while (true)
        {
            near.Flush();
            far.Flush();
            if (accepted is not null && !answered)
            {
                answered = true;
                accepted.Write(back.Bytes(0, StreamLength));
                accepted.CloseSend();
            }

            gotThere += Check(accepted, there, gotThere);
            gotBack += Check(opened, back, gotBack);
            Instant next = Instant.Min(
                Instant.Min(toFar.NextDelivery, toNear.NextDelivery),
                Instant.Min(near.NextDeadline, far.NextDeadline));
            if (next == Instant.Never)
            {
                break;
            }

            _clock.AdvanceTo(next);
            toFar.Deliver();
            toNear.Deliver();
            near.Tick();
            far.Tick();
        }

        Assert.Equal((StreamLength, StreamLength), (gotThere, gotBack));
        Assert.Equal(GuestTcpEnd.Finished, opened.End);
        Assert.Equal(GuestTcpEnd.Finished, accepted!.End);
        Assert.Equal(0, near.ConnectionCount + far.ConnectionCount);
    }

    private static int Check(GuestTcp? connection, StreamPattern pattern, long position)
    {
        byte[] bytes = connection?.ReadAll() ?? [];
        pattern.Verify(position, bytes);
        return bytes.Length;
    }

    private static byte[] Readdress(byte[] frame, MacAddress destination)
    {
        destination.Write(frame);
        return frame;
    }
}
