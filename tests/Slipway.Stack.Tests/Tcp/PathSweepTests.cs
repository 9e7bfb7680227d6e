using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Tcp;

/// <summary>
/// The host's network changes: flows whose way is gone end at once, all others go on.
/// </summary>
public sealed class PathSweepTests
{
    private const int Many = 1_000;

    private static readonly IpAddress s_local = IpAddress.Parse("10.0.0.2");
    private static readonly IpEndpoint s_elsewhere = new(IpAddress.Parse("203.0.113.9"), 80);
    private static readonly Duration s_settled = Duration.FromSeconds(1);

    private readonly TcpScript _script = new();

    public PathSweepTests() => _script.Host.LocalAddress = s_local;

    [Fact]
    public void Connection_WhoseAddressTheHostHasLost_IsResetOnBothSides()
    {
        SimConnection host = _script.Connect();
        _script.Host.LostAddresses.Add(s_local);
        Change();

        _script.Expect(
            Expect.Flags(TcpFlags.Reset | TcpFlags.Acknowledgment),
            Expect.Sequence(_script.EngineNext), Expect.Acknowledges(_script.GuestNext));
        _script.ExpectNothing();
        Assert.True(host.WasReset);
        Assert.Equal(1, _script.Counters.TcpFlowsStranded);
        _script.AssertGone(host);
    }

    [Fact]
    public void Connections_WhenARouteIsLost_EndWhereTheyLedAndNowhereElse()
    {
        SimConnection host = _script.Connect();
        _script.Host.LostRoutes.Add(s_elsewhere.Address);
        Change();
        _script.ExpectNothing();
        Assert.False(host.IsClosed);

        _script.Host.LostRoutes.Add(_script.Remote.Address);
        Change();
        _script.Expect(Expect.Flags(TcpFlags.Reset | TcpFlags.Acknowledgment));
        _script.AssertGone(host);
    }

    [Fact]
    public void Connection_WhoseAddressComesBackBeforeItSettles_GoesOn()
    {
        SimConnection host = _script.Connect();
        _script.Host.LostAddresses.Add(s_local);
        _script.Layer.OnNetworkChanged(_script.Clock.Now);
        _script.Elapse(Duration.FromMilliseconds(150));
        _script.Host.LostAddresses.Clear();
        _script.Layer.OnNetworkChanged(_script.Clock.Now);
        _script.Elapse(s_settled);

        _script.ExpectNothing();
        _script.SendText([1, 2, 3]);
        Assert.Equal([1, 2, 3], host.ReadAll());
    }

    [Fact]
    public void Connection_WhileNewsNeverEnd_IsLookedAtNevertheless()
    {
        SimConnection host = _script.Connect();
        _script.Host.LostAddresses.Add(s_local);
        for (int i = 0; i < 60; i++)
        {
            _script.Layer.OnNetworkChanged(_script.Clock.Now);
            _script.Elapse(Duration.FromMilliseconds(50));
        }

        _script.Expect(Expect.Flags(TcpFlags.Reset | TcpFlags.Acknowledgment));
        Assert.True(host.IsClosed);
    }

    [Fact]
    public void Connect_ThatIsUnderWay_IsAnsweredAsUnreachable()
    {
        _script.Server.Outcome = HostError.InProgress;
        _script.Send(TcpScript.Syn);
        _script.Host.LostAddresses.Add(s_local);
        Change();

        _script.ExpectIcmp(3, 0);
        _script.ExpectNothing();
        Assert.Equal(0, _script.Layer.Count);
        Assert.Equal(0, _script.Host.OpenSockets);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.8.8")]
    [InlineData("::1")]
    public void Connection_OnTheLoopback_StaysWhateverIsLost(string local)
    {
        _script.Host.LocalAddress = IpAddress.Parse(local);
        SimConnection host = _script.Connect();
        _script.Host.LostAddresses.Add(IpAddress.Parse(local));
        Change();

        _script.ExpectNothing();
        Assert.False(host.IsClosed);
    }

    [Fact]
    public void ManyConnections_AreLookedAtAFewInATurn_AndAllOfThem()
    {
        for (int i = 0; i < Many; i++)
        {
            _script.Send(TcpScript.Syn with
            {
                Source = new IpEndpoint(_script.Guest.Address, (ushort)(10_000 + i)),
            });
        }

        _script.TakeAll();
        Assert.Equal(Many, _script.Layer.Count);
        _script.Host.LostAddresses.Add(s_local);
        _script.Layer.OnNetworkChanged(_script.Clock.Now);
        int most = 0;
        for (int turns = 0; _script.Layer.Count > 0; turns++)
        {
            Assert.True(turns < 1_000, $"{_script.Layer.Count} are left");
            int before = _script.Layer.Count;
            _script.Clock.Advance(Duration.FromMilliseconds(1));
            _script.Turn();
            most = Math.Max(most, before - _script.Layer.Count);
        }

        Assert.InRange(most, 1, 64);
        Assert.Equal(Many, _script.Counters.TcpFlowsStranded);
        Assert.Equal(0, _script.Host.OpenSockets);
    }

    [Fact]
    public void Change_DuringASweep_IsHeededAfterARest()
    {
        SimConnection host = _script.Connect();
        for (int i = 0; i < Many; i++)
        {
            _script.Send(TcpScript.Syn with
            {
                Source = new IpEndpoint(_script.Guest.Address, (ushort)(10_000 + i)),
            });
        }

        _script.TakeAll();
        _script.Layer.OnNetworkChanged(_script.Clock.Now);
        _script.Elapse(Duration.FromMilliseconds(203)); // some of it is done
        _script.Host.LostAddresses.Add(s_local);
        _script.Layer.OnNetworkChanged(_script.Clock.Now);
        _script.Elapse(Duration.FromSeconds(3));

        Assert.Equal(0, _script.Layer.Count);
        Assert.True(host.IsClosed);
    }

    [Fact]
    public void Connection_OfAPublishedPort_EndsWithTheAddressItCameTo()
    {
        IpEndpoint client = new(IpAddress.Parse("198.51.100.7"), 5555);
        IpEndpoint guest = new(_script.Guest.Address, 80);
        _script.LearnGuest();
        IHostStream stream = _script.Host.AcceptedStream(
            new IpEndpoint(s_local, 8080), client);
        _script.Layer.AcceptFromHost(stream, client, guest, _script.Clock.Now);
        _script.Turn();
        Segment syn = _script.Expect(Expect.Flags(TcpFlags.Syn));
        _script.Send(TcpScript.Syn with
        {
            Source = guest, Destination = syn.Source,
            Flags = TcpFlags.Syn | TcpFlags.Acknowledgment, Acknowledgment = syn.Sequence + 1,
        });
        _script.TakeAll();
        _script.Host.LostAddresses.Add(s_local);
        Change();

        _script.Expect(Expect.Flags(TcpFlags.Reset | TcpFlags.Acknowledgment));
        Assert.Equal(0, _script.Layer.Count);
    }

    private void Change()
    {
        _script.Layer.OnNetworkChanged(_script.Clock.Now);
        _script.Elapse(s_settled);
    }
}
