using Slipway.Linux;
using Slipway.Stack;
using static Slipway.Links.Tests.LinkBench;

namespace Slipway.Links.Tests;

/// <summary>A VMM that keeps to the protocol, and its guest.</summary>
[Collection(DescriptorCountCollection.Name)]
public sealed class VhostUserLinkTests : IDisposable
{
    private const int Header = VirtioNetHeader.MergedLengthBytes;

    private readonly LinkBench _bench = new();
    private readonly VhostUserLink _link;

    public VhostUserLinkTests() => _link = _bench.Start(
        VhostUserLink.Listen(_bench.Path("v"), MtuBytes, _bench.Reports.Add));

    private IGuestPort Port => _bench.Opened[^1];

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Frames_BothWays_ArriveAndTheGuestIsCalledOnceATurn()
    {
        using FrontEnd guest = new FrontEnd(_bench).Boot();
        _bench.Settle();
        Array.ForEach(guest.Calls, call => FrontEnd.TakeSignals(call));
        guest.Send(Frame(1));
        guest.Send(Frame(2, 1514));
        _bench.Until(() => _bench.Frames.Count == 2, "both came");
        Assert.Equal(Frame(1), _bench.Frames[0].Frame);
        Assert.Equal(Frame(2, 1514), _bench.Frames[1].Frame);
        Assert.Equal(2, guest.Transmit.TakeUsed().Count);
        Assert.Equal(1, FrontEnd.TakeSignals(guest.Calls[1]));

        guest.AddBuffers(8);
        for (int i = 0; i < 3; i++)
        {
            Assert.True(TrySend(Port, Frame(10 + i, 1514)));
        }

        Assert.Empty(guest.Receive.TakeUsed());
        _bench.Turn();
        Assert.Equal(3, guest.Receive.TakeUsed().Count);
        Assert.Equal(1, FrontEnd.TakeSignals(guest.Calls[0]));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(Frame(10 + i, 1514), guest.Memory.Read(
                FrontEnd.Buffers + (1536 * (ulong)i) + Header, 1514));
        }

        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void Frames_MoreThanATurnsShare_AllArrive()
    {
        using FrontEnd guest = new FrontEnd(_bench, ringSize: 256).Boot();
        int sent = 0;
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < 200; i++)
            {
                guest.Send(Frame(0));
                sent++;
            }

            _bench.Until(() => _bench.Frames.Count == sent, "all came");
        }

        Assert.Equal(600, guest.Transmit.UsedIndex);
    }

    [Theory]
    [InlineData(0ul, Offloads.None)]
    [InlineData(1ul << 7, Offloads.None)] // needs checksums
    [InlineData(1ul << 1, Offloads.Checksum)]
    [InlineData(0x82ul, Offloads.Checksum | Offloads.TcpSegments4)]
    [InlineData(0x182ul | (1ul << 54),
        Offloads.Checksum | Offloads.TcpSegments4 | Offloads.TcpSegments6)]
    [InlineData(2 | (3ul << 54), Offloads.Checksum | Offloads.UdpSegments)]
    public void Offloads_OfThePort_FollowTheGuestsDriver(ulong features, Offloads expected)
    {
        using FrontEnd guest = new FrontEnd(_bench).Boot(
            features | VirtioFeatures.Version1 | VirtioFeatures.ProtocolFeatures);
        Assert.Equal(expected, Port.Offloads);
        Assert.Equal(MtuBytes + 18, Port.MaxFrameLengthBytes);
        guest.AddBuffers(60);
        bool isSegmented = expected > Offloads.Checksum;
        Assert.Equal(isSegmented, !Port.Reserve(IGuestPort.LargestSegmentedBytes).IsEmpty);
        Assert.True(Port.Reserve(IGuestPort.LargestSegmentedBytes + 1).IsEmpty);
        Assert.Equal(1518, Port.Reserve(1518).Length);
    }

    [Fact]
    public void Driver_OfLegacyKind_HasHeadersOf10Bytes()
    {
        using FrontEnd guest = new FrontEnd(_bench).Boot(0); // rings are enabled from the start
        guest.AddBuffers(1);
        Assert.True(TrySend(Port, Frame(1)));
        _bench.Turn();
        Assert.Equal(Frame(1), guest.Memory.Read(FrontEnd.Buffers + 10, 60));
    }

    [Fact]
    public void Vmm_LeavesAndReturns_IsANewPortAndNothingIsKept()
    {
        int descriptors = CountDescriptors();
        for (int i = 0; i < 5; i++)
        {
            using (FrontEnd guest = new FrontEnd(_bench).Boot())
            {
                guest.AddBuffers(4);
                Assert.True(TrySend(Port, Frame(1)));
                guest.Send(Frame(3));
                _bench.Until(() => _bench.Frames.Count == i + 1, "its frame came");
            }

            _bench.Until(() => _bench.Closed.Count == i + 1, "the port closed");
            Assert.Same(_bench.Opened[i], _bench.Closed[i]);
            Assert.True(_bench.Opened[i].Reserve(60).IsEmpty);
            Assert.False(_bench.Opened[i].Commit(60));
        }

        Assert.Equal(5, _bench.Opened.Select(port => port.Id).Distinct().Count());
        Assert.Equal(descriptors, CountDescriptors());
        Assert.DoesNotContain(
            "/memfd:guest", File.ReadAllText("/proc/self/maps"), StringComparison.Ordinal);
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void Guests_Two_HaveTheirOwnPorts()
    {
        using FrontEnd one = new FrontEnd(_bench).Boot();
        using FrontEnd two = new FrontEnd(_bench).Boot();
        one.Send(Frame(1));
        two.Send(Frame(2));
        _bench.Until(() => _bench.Frames.Count == 2, "both came");
        Assert.Equal(Frame(1), _bench.Frames.Single(f => f.Port == _bench.Opened[0]).Frame);
        Assert.Equal(Frame(2), _bench.Frames.Single(f => f.Port == _bench.Opened[1]).Frame);
    }

    [Fact]
    public void Rings_StoppedAndStarted_GoOnWhereTheyWereOnTheSamePort()
    {
        using FrontEnd guest = new FrontEnd(_bench).Boot();
        guest.AddBuffers(5);
        Assert.False(Port.Reserve(4_000).IsEmpty); // gathers three
        Assert.True(TrySend(Port, Frame(1)));
        guest.Send(Frame(1));
        _bench.Until(() => _bench.Frames.Count == 1, "it came");
        Assert.Equal(1, guest.StopRing(0));
        Assert.Equal(1, guest.StopRing(1));
        Assert.Single(guest.Receive.TakeUsed());

        Assert.True(Port.Reserve(60).IsEmpty);
        guest.Send(Frame(2));
        _bench.Settle();
        Assert.Single(_bench.Frames);
        Assert.Empty(_bench.Writable);

        guest.StartRing(0, 1);
        guest.StartRing(1, 1);
        _bench.Until(() => _bench.Frames.Count == 2, "what was sent meanwhile came");
        Assert.Same(Port, Assert.Single(_bench.Writable));
        Assert.True(TrySend(Port, Frame(5)));
        _bench.Turn();
        Assert.Equal([(1, Header + 60)], guest.Receive.TakeUsed());
        Assert.Single(_bench.Opened);
        Assert.Empty(_bench.Closed);
    }

    [Fact]
    public void Rings_Disabled_DiscardFramesAndGetNone()
    {
        using FrontEnd guest = new FrontEnd(_bench).Boot();
        guest.AddBuffers(5);
        guest.Tell(VhostUserRequest.SetVringEnable, FrontEnd.State(0, 0));
        guest.Tell(VhostUserRequest.SetVringEnable, FrontEnd.State(1, 0));
        Assert.True(Port.Reserve(60).IsEmpty);
        guest.Send(Frame(1));
        _bench.Until(() => guest.Transmit.UsedIndex == 1, "it is taken");
        Assert.Empty(_bench.Frames);
        guest.Tell(VhostUserRequest.SetVringEnable, FrontEnd.State(0, 1));
        Assert.Same(Port, Assert.Single(_bench.Writable));
        Assert.True(TrySend(Port, Frame(1)));
    }

    [Fact]
    public void Buffers_UsedUp_AreToldWhenThereAreMore()
    {
        using FrontEnd guest = new FrontEnd(_bench).Boot();
        guest.AddBuffers(2);
        int sent = 0;
        while (TrySend(Port, Frame(sent, 1514)))
        {
            sent++;
        }

        Assert.Equal(2, sent);
        _bench.Settle();
        Assert.Empty(_bench.Writable);
        guest.AddBuffers(1);
        _bench.Until(() => _bench.Writable.Count == 1, "there is room");
        Assert.True(TrySend(Port, Frame(9, 1514)));
        _bench.Settle();
        Assert.Single(_bench.Writable);
    }

    [Fact]
    public void Queues_OfASecondPair_AreServedToo()
    {
        using FrontEnd guest = new FrontEnd(_bench).Boot(rings: 4);
        Assert.Equal(
            (ulong)VhostUserConnection.MaximumPairs,
            guest.AskNumber(VhostUserRequest.GetQueueNum));
        guest.Send(Frame(1), ring: 3);
        guest.Send(Frame(2), ring: 1);
        _bench.Until(() => _bench.Frames.Count == 2, "both came");
        Assert.Single(guest.Rings[3].TakeUsed());
        Assert.Single(guest.Rings[1].TakeUsed());
    }

    [Fact]
    public void Memory_AddedAndRemovedWhileItRuns_IsUsedWhileItIsThere()
    {
        const ulong half = 0x8_0000;
        using FrontEnd guest = new(_bench);
        guest.Negotiate();
        Assert.Equal(
            (ulong)GuestMemory.MaximumRegions,
            guest.AskNumber(VhostUserRequest.GetMaxMemSlots));
        byte[] low = FrontEnd.Single(guest.Region(0, half));
        byte[] high = FrontEnd.Single(guest.Region(half));
        guest.Tell(VhostUserRequest.AddMemReg, low, guest.Memory.Descriptor);
        guest.StartRing(0);
        guest.StartRing(1);
        for (int pair = 0; pair < 2; pair++)
        {
            guest.Tell(VhostUserRequest.AddMemReg, high, guest.Memory.Descriptor);
        }

        guest.Send(Frame(1));
        guest.AddBuffers(4);
        _bench.Until(() => _bench.Frames.Count == 1, "it came");
        Assert.False(Port.Reserve(4_000).IsEmpty);

        // Buffers that were gathered are looked up again, and are no longer there.
        for (int pair = 0; pair < 2; pair++)
        {
            guest.Tell(VhostUserRequest.RemMemReg, high);
        }

        Assert.True(Port.Reserved.IsEmpty);
        Assert.True(Port.Reserve(60).IsEmpty);
        _bench.Turn();
        Assert.Contains(
            "OutsideMemory", Assert.Single(_bench.Reports), StringComparison.Ordinal);

        // A ring whose memory goes is stopped and can be set up again.
        guest.Tell(VhostUserRequest.RemMemReg, low);
        guest.Send(Frame(2));
        _bench.Settle();
        Assert.Single(_bench.Frames);
        guest.Tell(VhostUserRequest.SetMemTable, FrontEnd.Table(guest.Region()),
            guest.Memory.Descriptor);
        guest.StartRing(1, guest.StopRing(1));
        _bench.Until(() => _bench.Frames.Count == 2, "it came");
    }

    [Fact]
    public void Inflight_FileFromTheEngineBefore_LetsTheNextOneGoOn()
    {
        using FrontEnd guest = new(_bench);
        guest.Negotiate();
        guest.Write(FrontEnd.Message(
            VhostUserRequest.GetInflightFd, [.. new byte[16], 2, 0, 64, 0, 0, 0, 0, 0]));
        byte[] description = guest.Read(VhostUserRequest.GetInflightFd, out int file);
        guest.Own(file);
        Assert.Equal(24, description.Length);
        Assert.Equal(2 * 1088, BitConverter.ToInt64(description));
        Assert.Equal(2 * 1088, MemoryFiles.LengthBytes(file));
        Assert.Equal(
            MemoryFiles.SealShrink | MemoryFiles.SealGrow, MemoryFiles.Seals(file));
        byte[] head = new byte[16];
        using Microsoft.Win32.SafeHandles.SafeFileHandle handle = new(file, ownsHandle: false);
        RandomAccess.Read(handle, head, 1088);
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 64, 0, 0, 0, 0, 0], head);

        // An engine that died had taken five frames, and said so of three.
        guest.Tell(VhostUserRequest.SetInflightFd, description, file);
        guest.Tell(VhostUserRequest.SetMemTable, FrontEnd.Table(guest.Region()),
            guest.Memory.Descriptor);
        guest.Transmit.BeginAt(3);
        guest.Send(Frame(4));
        guest.Send(Frame(5));
        guest.StartRing(0);
        guest.StartRing(1, first: 5);
        _bench.Until(() => _bench.Frames.Count == 2, "both came");
        Assert.Equal(5, guest.StopRing(1));
    }

    private static int CountDescriptors() =>
        Directory.GetFileSystemEntries("/proc/self/fd").Length;
}
