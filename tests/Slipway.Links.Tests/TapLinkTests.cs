using System.Diagnostics;
using Slipway.Host;
using Slipway.Linux;
using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Links.Tests;

/// <summary>
/// A TAP in a network namespace of its own; the guest is that namespace's kernel.
/// </summary>
public sealed class TapLinkTests : IDisposable
{
    private const string Gateway = "192.168.127.1";
    private const string Guest = "192.168.127.2";

    private readonly NetworkNamespace _space = new();
    private readonly Reactor _reactor = new();
    private readonly List<string> _reports = [];

    [Fact]
    public void Open_WithConfigure_GivesTheGuestAddressRouteAndMtu()
    {
        using TapLink link = Open();
        string shown = _space.Execute(
            "ip -o addr show tap0; ip link show tap0; ip route; ip link show lo");
        Assert.Contains($"inet {Guest}/24", shown, StringComparison.Ordinal);
        Assert.Contains("mtu 1400", shown, StringComparison.Ordinal);
        Assert.Contains($"default via {Gateway} dev tap0", shown, StringComparison.Ordinal);
        Assert.Contains("LOOPBACK,UP", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Frames_GoBothWays_AndTheKernelAnswersArp()
    {
        using TapLink link = Open();
        FrameRecorder recorder = Start(link);

        // Who has the guest's address? Asked by the gateway, as RFC 826 has it.
        byte[] request = Convert.FromHexString("ffffffffffff" + "5a94efe40cdd" + "0806"
            + "0001080006040001" + "5a94efe40cdd" + "c0a87f01" + "000000000000" + "c0a87f02");
        request.CopyTo(link.Port.Reserve(request.Length));
        Assert.Equal(request, link.Port.Reserved.ToArray());
        Assert.True(link.Port.Commit(request.Length));

        byte[] reply = Until(() => recorder.Frames.Find(frame => frame.Length >= 42
            && frame.AsSpan(12, 10).SequenceEqual(
                (byte[])[8, 6, 0, 1, 8, 0, 6, 4, 0, 2])), "the ARP reply")!;
        Assert.Equal("c0a87f02", Convert.ToHexStringLower(reply.AsSpan(28, 4)));
        Assert.Equal("5a94efe40cdd", Convert.ToHexStringLower(reply.AsSpan(0, 6)));
    }

    [Fact]
    public void Frames_BeyondWhatATurnTakes_WaitForTheNext()
    {
        using TapLink link = Open();
        FrameRecorder recorder = Start(link);
        Turns(5); // what the kernel says of itself
        recorder.MostFrames = 3;
        recorder.Frames.Clear();
        _space.Execute($"ip neigh replace {Gateway} lladdr 5a:94:ef:e4:0c:dd dev tap0; "
            + $"ping -q -c 20 -l 20 -W 0.1 {Gateway} || true");
        int most = 0;
        while (recorder.Frames.Count < 20)
        {
            int before = recorder.Frames.Count;
            Turns(1);
            Assert.NotEqual(before, recorder.Frames.Count);
            most = Math.Max(most, recorder.Frames.Count - before);
        }

        Assert.Equal(3, most);
    }

    [Fact]
    public void Reserve_BeyondTheLargestFrame_IsEmpty()
    {
        using TapLink link = Open();
        Start(link);
        Assert.Equal(1_400 + 18, link.Port.MaxFrameLengthBytes);
        Assert.Equal(1_400 + 18, link.Port.Reserve(1_400 + 18).Length);
        Assert.False(link.Port.Reserve(IGuestPort.LargestSegmentedBytes).IsEmpty);
        Assert.True(link.Port.Reserve(IGuestPort.LargestSegmentedBytes + 1).IsEmpty);
    }

    [Fact]
    public void Interface_TakenDownAndUp_KeepsItsPort()
    {
        using TapLink link = Open();
        FrameRecorder recorder = Start(link);
        _space.Execute("ip link set tap0 down");
        Turns(10);
        Assert.False(link.Port.Commit(link.Port.Reserve(60).Length));

        _space.Execute("ip link set tap0 up");
        recorder.Frames.Clear();
        Turns(10);
        Assert.True(link.Port.Commit(link.Port.Reserve(60).Length));
        Assert.Equal(0, recorder.Closed);
        Assert.Empty(_reports);
    }

    [Fact]
    public void Interface_Deleted_ClosesThePortOnceAndRests()
    {
        using TapLink link = Open();
        FrameRecorder recorder = Start(link);
        _space.Execute("ip link del tap0");

        Until(() => recorder.Closed == 1 ? recorder : null, "the port is closed");
        Assert.Contains("gone", Assert.Single(_reports), StringComparison.Ordinal);
        Assert.True(link.Port.Reserve(60).IsEmpty);

        // Nothing is ready any more: a wait lasts.
        Turns(3);
        Stopwatch waited = Stopwatch.StartNew();
        _reactor.Wait(20_000_000);
        Assert.True(waited.ElapsedMilliseconds >= 19, $"{waited.Elapsed}");
        Assert.Equal(1, recorder.Closed);
    }

    [Fact]
    public void Disposed_Twice_LeavesOthersDescriptorsAlone()
    {
        TapLink link = Open();
        Start(link);
        link.Dispose();
        int[] others = [.. Enumerable.Range(0, 8).Select(_ => Epoll.CreateEvent())];
        link.Dispose();
        Assert.All(others, other => Assert.Equal(0, Files.SetNonBlocking(other)));
        Array.ForEach(others, Files.Close);
    }

    [Fact]
    public void Open_InANamespaceThatIsNone_NamesItAndTheRemedy()
    {
        LinkException e = Assert.Throws<LinkException>(() => TapLink.Open(
            Settings with { NetworkNamespace = "/run/netns/none" }, _reports.Add));
        Assert.Contains("/run/netns/none", e.Message, StringComparison.Ordinal);
        Assert.Contains("ip netns add", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OfATapInUse_SaysSo()
    {
        using TapLink link = Open();
        LinkException e = Assert.Throws<LinkException>(() => TapLink.Open(Settings, _reports.Add));
        Assert.Contains("in use", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromDescriptor_ThatIsNotOpen_IsRefused() =>
        Assert.Throws<LinkException>(() =>
            TapLink.FromDescriptor(1 << 20, 1_500, offload: true, _reports.Add));

    public void Dispose()
    {
        _reactor.Dispose();
        _space.Dispose();
    }

    private TapSettings Settings => new()
    {
        Name = "tap0",
        NetworkNamespace = _space.Path,
        Address = IpAddress.Parse(Guest),
        Subnet = IpPrefix.Parse("192.168.127.0/24"),
        Gateway = IpAddress.Parse(Gateway),
        MtuBytes = 1_400,
    };

    private TapLink Open() => TapLink.Open(Settings, _reports.Add);

    private FrameRecorder Start(TapLink link)
    {
        FrameRecorder recorder = new();
        link.Start(_reactor, recorder, Reactor.Now());
        Assert.Equal(1, recorder.Opened);
        return recorder;
    }

    private void Turns(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _reactor.Wait(2_000_000);
            _reactor.Dispatch(Reactor.Now());
        }
    }

    private T? Until<T>(Func<T?> find, string what)
        where T : class
    {
        Stopwatch waited = Stopwatch.StartNew();
        while (find() is null)
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(20), $"{what}: not within 20 s");
            Turns(1);
        }

        return find();
    }
}
