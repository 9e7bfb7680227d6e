using Slipway.Host;
using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links.Tests.Embedded;

/// <summary>A ring pair as a guest's link: what ends it, and what stays of it then.</summary>
public sealed class RingLinkTests : IDisposable
{
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

    private RingLink Start(bool isShared) => _bench.Start(RingLink.Create(
        SharedRingLayout.SmallestRingBytes, isShared, LinkBench.MtuBytes, Offloads.None,
        _bench.Reports.Add));
}
