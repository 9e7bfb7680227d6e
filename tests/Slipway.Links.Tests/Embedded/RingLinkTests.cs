using System.Runtime.InteropServices;
using Slipway.Host;
using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links.Tests.Embedded;

/// <summary>A ring pair as a guest's link: what ends it, and what stays of it then.</summary>
public sealed class RingLinkTests : IDisposable
{
    private const int FSetFl = 4;

    private readonly LinkBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Port_HeldAfterItsLinkHasGone_TakesNoFrame(bool isReservedBefore)
    {
        RingLink link = Start(isShared: false);
        IGuestPort port = Assert.Single(_bench.Opened);
        Assert.True(LinkBench.TrySend(port, LinkBench.Frame(1)));
        if (isReservedBefore)
        {
            Assert.False(port.Reserve(60).IsEmpty);
        }

        link.Dispose();
        Assert.False(port.Commit(60));
        Assert.True(port.Reserve(60).IsEmpty);
        Assert.False(link.IsUp);
        link.PublishToGuest(); // which has no memory to write to any more
    }

    [Fact]
    public void Link_OfAFaultyRing_IsNotPluggedInAgain()
    {
        RingLink link = Start(isShared: true);
        byte[] impossible = BitConverter.GetBytes(ulong.MaxValue - 7);
        MemoryFiles.WriteAt(link.MemoryFile, impossible, SharedRingLayout.ToEngineControl);
        Epoll.Signal(link.Doorbell);
        _bench.Until(() => _bench.Closed.Count == 1, "the faulty ring's port has closed");
        Assert.Contains("broke the rules of its ring", Assert.Single(_bench.Reports));
        link.SetUp(true, Reactor.Now());
        _bench.Settle();
        Assert.False(link.IsUp);
        Assert.Single(_bench.Opened);
        Assert.Single(_bench.Reports);
    }

    /// <summary>
    /// A peer that takes O_NONBLOCK from what it shares with the engine, and fills it.
    /// </summary>
    [Fact]
    public void Doorbells_BlockingAndFull_MakeNobodyWait()
    {
        const int MoreThanASocketHolds = 4_000;
        RingLink link = Start(isShared: true);
        IGuestPort port = Assert.Single(_bench.Opened);
        SharedRingReader peer = link.Memory.ReaderToGuest();
        byte[] full = BitConverter.GetBytes(ulong.MaxValue - 2);
        Assert.Equal(full.Length, Files.Write(link.Doorbell, full));
        Assert.Equal(0, SetFlags(link.Doorbell, FSetFl, 0));
        Assert.Equal(0, SetFlags(link.GuestDoorbell, FSetFl, 0));
        for (int i = 0; i < MoreThanASocketHolds; i++)
        {
            Assert.True(peer.TryArm());
            Assert.True(LinkBench.TrySend(port, LinkBench.Frame(i)));
            link.PublishToGuest();
            Assert.True(peer.TryPeek(out _));
            peer.Release();
            peer.Publish();
        }

        _bench.Settle();
        byte[] rings = new byte[1 << 20];
        Assert.True(Sockets.Receive(link.GuestDoorbell, rings, Sockets.MessageDontWait) > 0);
        Assert.Empty(_bench.Reports);
    }

    [DllImport("libc", EntryPoint = "fcntl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetFlags(int descriptor, int command, int flags);

    private RingLink Start(bool isShared) => _bench.Start(RingLink.Create(
        SharedRingLayout.SmallestRingBytes, isShared, LinkBench.MtuBytes, Offloads.None,
        _bench.Reports.Add));
}
