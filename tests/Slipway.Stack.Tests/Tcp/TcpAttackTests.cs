using System.Diagnostics;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Tcp;

/// <summary>Blind and hostile segments: RFC 5961, and work that must stay bounded.</summary>
public sealed class TcpAttackTests
{
    private readonly TcpScript _script = new();

    [Fact]
    public void Rst_Exact_Closes()
    {
        SimConnection host = _script.Connect();

        _script.Send(_script.Ack with { Flags = TcpFlags.Reset });

        Assert.True(host.WasReset);
        _script.ExpectNothing();
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(1_000u)]
    [InlineData(60_000u)]
    public void Rst_InWindow_GetsChallengeAck(uint ahead)
    {
        SimConnection host = _script.Connect();

        _script.Send(
            _script.Ack with { Sequence = _script.GuestNext + ahead, Flags = TcpFlags.Reset });

        _script.ExpectAck();
        Assert.False(host.WasReset);
    }

    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData(4_000_000u)]
    public void Rst_OutsideTheWindow_IsDropped(uint ahead)
    {
        SimConnection host = _script.Connect();

        _script.Send(
            _script.Ack with { Sequence = _script.GuestNext + ahead, Flags = TcpFlags.Reset });

        _script.ExpectNothing();
        Assert.False(host.WasReset);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1_000u)]
    [InlineData(4_000_000u)]
    public void SynOnEstablished_GetsChallengeAck(uint ahead)
    {
        SimConnection host = _script.Connect();

        _script.Send(TcpScript.Syn with { Sequence = _script.GuestNext + ahead });

        _script.ExpectAck();
        Assert.False(host.WasReset);
        Assert.Equal(TcpState.Established, _script.State);
    }

    [Fact]
    public void AckBeyondSent_GetsAckAndIsDropped()
    {
        SimConnection host = _script.Connect();

        _script.Send(_script.Ack with { Acknowledgment = _script.EngineNext + 1, Payload = [1] });

        _script.ExpectAck();
        Assert.Equal(0, host.Available);
    }

    [Fact]
    public void AckFarBehind_GetsAckAndIsDropped()
    {
        SimConnection host = _script.Connect();

        _script.Send(
            _script.Ack with { Acknowledgment = _script.EngineNext - 0x4000_0000, Payload = [1] });

        _script.ExpectAck();
        Assert.Equal(0, host.Available);
    }

    [Fact]
    public void AckSlightlyOld_WithData_DataCounts()
    {
        SimConnection host = _script.Connect();
        host.Write(new byte[100]);
        _script.Turn();
        _script.TakeAll();
        uint old = _script.EngineNext;
        _script.EngineNext += 100;
        _script.Send(_script.Ack);

        _script.Send(_script.Ack with { Acknowledgment = old, Payload = [1] });

        Assert.Equal([1], host.ReadAll());
    }

    [Fact]
    public void ChallengeAcks_AreLimitedForEachFlow()
    {
        _script.Connect();
        for (int i = 0; i < 1_000; i++)
        {
            _script.Send(
                _script.Ack with { Sequence = _script.GuestNext + 5, Flags = TcpFlags.Reset });
        }

        Assert.InRange(_script.TakeAll().Count, 1, 100);

        // Another flow has its own limit: a global counter told strangers apart (CVE-2016-5696).
        Segment syn = TcpScript.Syn with { Source = new IpEndpoint(VirtualNetwork.Guest, 7) };
        _script.Send(syn);
        Segment answer = _script.Expect(Expect.Flags(TcpFlags.Syn | TcpFlags.Acknowledgment));
        Segment ack = syn with
        {
            Flags = TcpFlags.Acknowledgment, Sequence = syn.Sequence + 1,
                Acknowledgment = answer.Sequence + 1,
        };
        _script.Send(ack);
        _script.Send(ack with { Sequence = ack.Sequence + 5, Flags = TcpFlags.Reset });
        _script.Expect(Expect.Flags(TcpFlags.Acknowledgment), Expect.Acknowledges(ack.Sequence));
    }

    [Fact]
    public void ChallengeAcks_ComeAgainInTheNextSecond()
    {
        _script.Connect();
        for (int i = 0; i < 1_000; i++)
        {
            _script.Send(
                _script.Ack with { Sequence = _script.GuestNext + 5, Flags = TcpFlags.Reset });
        }

        _script.TakeAll();
        _script.Elapse(Duration.FromMilliseconds(1_100));
        _script.Send(_script.Ack with { Sequence = _script.GuestNext + 5, Flags = TcpFlags.Reset });

        _script.ExpectAck();
    }

    [Fact]
    public void ForgedSegment_FromAnotherPort_DoesNotTakeTheConnection()
    {
        SimConnection host = _script.Connect();
        RecordingPort other = new(2);
        Segment forged = _script.Ack with { Sequence = _script.GuestNext - 500_000_000 };
        _script.Arrive(forged, new GuestRoute(other, VirtualNetwork.GuestMac));
        _script.Turn();
        _script.TakeAll();

        host.Write([1, 2, 3]);
        _script.Turn();

        Assert.Empty(other.TakeAll());
        _script.Expect(Expect.Payload([1, 2, 3]));
    }

    [Fact]
    public void WrongAckInSynReceived_GetsReset()
    {
        _script.Send(TcpScript.Syn);
        Segment answer = _script.Expect();

        _script.Send(new Segment { Sequence = TcpScript.GuestInitial + 1,
            Acknowledgment = answer.Sequence + 2 });

        _script.Expect(Expect.Flags(TcpFlags.Reset), Expect.Sequence(answer.Sequence + 2));
        Assert.Equal(TcpState.SynReceived, _script.State);
    }

    [Fact]
    public void HundredThousandOneByteHoles_Bounded()
    {
        SimConnection host = _script.Connect(SegmentOptions.Linux with { Timestamps = null });
        Stopwatch watch = Stopwatch.StartNew();
        uint start = _script.GuestNext;
        for (uint i = 0; i < 100_000; i++)
        {
            _script.Arrive(
                _script.Ack with { Sequence = start + 1 + (i * 2 % 500_000), Payload = [1] });
        }

        _script.Turn();

        // Building the segments alone takes a good part of this on a slow machine.
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 10);
        _script.TakeAll();
        _script.SendText(new byte[1_000]);
        Assert.InRange((int)(_script.TakeAll()[^1].Acknowledgment - start), 1_000, 1_010);
        Assert.InRange(host.Available, 1_000, 1_010);
    }

    [Fact]
    public void EveryFlagCombination_NeverThrows()
    {
        for (int flags = 0; flags < 256; flags++)
        {
            TcpScript script = new();
            Segment stray =
                new() { Source = new IpEndpoint(VirtualNetwork.Guest, 9), Flags = (TcpFlags)flags };
            script.Send(stray with { Payload = [1] });
            script.TakeAllFrames();
            script.Connect();
            script.Send(script.Ack with { Flags = (TcpFlags)flags, Payload = [1] });
            script.Send(
                script.Ack with { Flags = (TcpFlags)flags, Sequence = script.GuestNext + 9 });
            script.Elapse(Duration.FromSeconds(2));
        }
    }

    [Fact]
    public void Ports_Zero_AreDropped()
    {
        _script.Send(TcpScript.Syn with { Source = new IpEndpoint(VirtualNetwork.Guest, 0) });
        _script.Send(TcpScript.Syn with { Destination = new IpEndpoint(VirtualNetwork.Far, 0) });

        Assert.Equal(0, _script.Layer.Count);
        Assert.Equal(0, _script.Host.ConnectCount);
    }

    [Fact]
    public void RandomSegments_NeverThrowOrLeak()
    {
        Random random = new(1);
        SimConnection host = _script.Connect(SegmentOptions.Linux);
        for (int i = 0; i < 20_000; i++)
        {
            Segment segment = new()
            {
                Sequence = _script.GuestNext + (uint)random.Next(-3_000, 3_000),
                Acknowledgment = _script.EngineNext + (uint)random.Next(-3_000, 3_000),
                Flags = (TcpFlags)random.Next(256) & ~TcpFlags.Reset,
                Window = (ushort)random.Next(65_536),
                UrgentPointer = (ushort)random.Next(65_536),
                Payload = new byte[random.Next(0, 100)],
            };
            _script.Send(segment);
            _ = host.Write(new byte[random.Next(0, 50)]);
            if (i % 100 == 0)
            {
                _script.Elapse(Duration.FromMilliseconds(random.Next(0, 1_000)));
                _script.TakeAll();
            }
        }

        _script.Elapse(Duration.FromSeconds(7_200));
        Assert.InRange(_script.Host.OpenSockets, 0, 1);
    }
}
