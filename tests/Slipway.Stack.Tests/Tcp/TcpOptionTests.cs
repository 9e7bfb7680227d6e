using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Tcp;

/// <summary>What is offered and agreed on: MSS, window scale, SACK, timestamps.</summary>
public sealed class TcpOptionTests
{
    private readonly TcpScript _script = new();

    [Theory]
    [InlineData(1500, 1460)]
    [InlineData(9000, 8960)]
    [InlineData(65520, 65480)]
    public void SynAcknowledgment_OffersTheMtusMss(int mtuBytes, int mss)
    {
        TcpScript script = new(VirtualNetwork.Settings with { MtuBytes = mtuBytes });

        script.Send(TcpScript.Syn);

        script.Expect(Expect.Options(options => options.MaximumSegmentSize == mss, $"MSS {mss}"));
    }

    [Fact]
    public void SynAcknowledgment_OffersWhatTheSynOffered()
    {
        _script.Send(TcpScript.Syn with { Options = SegmentOptions.Linux });

        _script.Expect(
            Expect.Options(options => options.SackPermitted, "SACK permitted"),
            Expect.Options(options => options.WindowScale is <= 14, "a window scale"),
            Expect.Options(options =>
                options.Timestamps is (_, 1000), "the guest's timestamp echoed"));
    }

    [Fact]
    public void SynAcknowledgment_OffersNothingThatTheSynDidNot()
    {
        _script.Send(TcpScript.Syn);

        _script.Expect(
            Expect.Options(options => !options.SackPermitted, "no SACK"),
            Expect.Options(options => options.WindowScale is null, "no window scale"),
            Expect.Options(options => options.Timestamps is null, "no timestamps"));
    }

    [Fact]
    public void SmallMss_IsKept()
    {
        SimConnection host = _script.Connect(new SegmentOptions { MaximumSegmentSize = 100 });

        host.Write(new byte[1000]);
        _script.Turn();

        Assert.All(_script.TakeAll(), segment => Assert.InRange(segment.Payload.Length, 1, 100));
    }

    [Fact]
    public void NoMss_Means536()
    {
        SimConnection host = _script.Connect(SegmentOptions.None);

        host.Write(new byte[3000]);
        _script.Turn();

        Assert.Equal(536, _script.Expect().Payload.Length);
        Assert.All(_script.TakeAll(), segment => Assert.InRange(segment.Payload.Length, 1, 536));
    }

    [Fact]
    public void SmallMss_WithTimestamps_OptionsCountAgainstIt()
    {
        SimConnection host = _script.Connect(SegmentOptions.Linux);

        host.Write(new byte[10_000]);
        _script.Turn();

        Assert.All(_script.TakeAll(), segment => Assert.InRange(segment.Payload.Length, 1, 1448));
    }

    [Theory]
    [InlineData((ushort)0)]
    [InlineData((ushort)1)]
    [InlineData((ushort)47)]
    public void HostileMss_HasAFloor(ushort mss)
    {
        SimConnection host = _script.Connect(new SegmentOptions { MaximumSegmentSize = mss });

        host.Write(new byte[2000]);
        _script.Turn();

        // A zero option is as good as none; a byte a segment would be a flood (CVE-2019-11479).
        Assert.InRange(_script.Expect().Payload.Length, 48, 536);
        Assert.InRange(_script.TakeAll().Count, 1, 40);
    }

    [Theory]
    [InlineData(new byte[] { 2, 0, 5, 180 })]
    [InlineData(new byte[] { 2, 1, 5, 180 })]
    [InlineData(new byte[] { 2, 40, 5, 180 })]
    [InlineData(new byte[] { 3, 3, 255, 1 })]
    [InlineData(new byte[] { 5, 255, 1, 1 })]
    [InlineData(new byte[] { 8, 9, 1, 1 })]
    [InlineData(new byte[] { 253, 2, 254, 2 })]
    [InlineData(new byte[] { 1, 1, 1, 2 })]
    public void HostileOptions_DoNoHarm(byte[] raw)
    {
        _script.Send(TcpScript.Syn with { Options = new SegmentOptions { Raw = raw } });
        _script.TakeAll();

        _script.Send(TcpScript.Syn with { Source = new IpEndpoint(VirtualNetwork.Guest, 7) });

        _script.Expect(Expect.Flags(TcpFlags.Syn | TcpFlags.Acknowledgment));
    }

    [Fact]
    public void WindowScale_OfTheSyn_IsNotAppliedToItsWindow()
    {
        _script.Server.Accepted = connection => connection.Write(new byte[100_000]);
        _script.Send(TcpScript.Syn with
        {
            Window = 1000,
            Options = new SegmentOptions { MaximumSegmentSize = 1460, WindowScale = 10 },
        });
        Segment answer = _script.Expect();
        _script.GuestNext = TcpScript.GuestInitial + 1;
        _script.EngineNext = answer.Sequence + 1;

        _script.Send(_script.Ack with { Window = 2 });

        // Not 1000 << 10; the crumb behind the first whole segment may wait.
        Assert.InRange(_script.TakeAll().Sum(segment => segment.Payload.Length), 1_460, 2_048);
    }

    [Theory]
    [InlineData(14)]
    [InlineData(15)]
    [InlineData(255)]
    public void WindowScale_Above14_Is14(byte scale)
    {
        SimConnection host = _script.Connect(
            new SegmentOptions { MaximumSegmentSize = 1460, WindowScale = scale }, window: 1);

        host.Write(new byte[100_000]);
        _script.Turn();
        AcknowledgeAll(2);

        // Windows of 1 and of 2, scaled by 14: 16 KiB and 32 KiB, once the congestion window
        // allows.
        int sent = _script.TakeAll().Sum(segment => segment.Payload.Length);
        Assert.InRange(sent, 14_600, 32_768);
    }

    [Fact]
    public void Timestamps_Agreed_AreOnEverySegmentAndEchoed()
    {
        SimConnection host = _script.Connect(SegmentOptions.Linux);

        _script.Send(_script.Ack with
        {
            Payload = [1], Options = new SegmentOptions { Timestamps = (77_777, 0) },
        });
        host.Write([1]);
        _script.Turn();

        List<Segment> segments = _script.TakeAll();
        Assert.NotEmpty(segments);
        Assert.All(segments, segment =>
            Assert.Equal(77_777u, segment.Options.Timestamps?.EchoReply));
    }

    [Fact]
    public void Paws_OldTimestamp_IsDroppedAndAcknowledged()
    {
        SimConnection host = _script.Connect(SegmentOptions.Linux);
        _script.Send(_script.Ack with
        {
            Payload = [1], Options = new SegmentOptions { Timestamps = (77_777, 0) },
        });
        _script.GuestNext++;
        _script.ExpectAck();

        _script.Send(_script.Ack with
        {
            Payload = [9], Options = new SegmentOptions { Timestamps = (77_000, 0) },
        });

        _script.ExpectAck();
        Assert.Equal([1], host.ReadAll());
    }

    [Fact]
    public void Paws_ResetWithOldTimestamp_IsTaken()
    {
        SimConnection host = _script.Connect(SegmentOptions.Linux);

        _script.Send(_script.Ack with
        {
            Flags = TcpFlags.Reset, Options = new SegmentOptions { Timestamps = (1, 0) },
        });

        Assert.True(host.WasReset);
    }

    private void AcknowledgeAll(ushort window)
    {
        foreach (Segment segment in _script.TakeAll())
        {
            _script.EngineNext = segment.End;
        }

        _script.Send(_script.Ack with { Window = window });
    }
}
