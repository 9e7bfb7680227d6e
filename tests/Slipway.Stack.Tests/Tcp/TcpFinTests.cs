using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Tcp;

/// <summary>FIN has its place in the sequence, on both sides, and keeps it.</summary>
public sealed class TcpFinTests
{
    private const int Mss = 1_460;

    private readonly TcpScript _script = new();

    /// <summary>
    /// All that the timer has found lost is there but the first segment: once that was sent again,
    /// nothing is left to be sent, and FIN least of all.
    /// </summary>
    [Fact]
    public void Fin_SackedAfterATimeout_IsNotSentBehindItself()
    {
        SimConnection host = _script.Connect(SegmentOptions.Linux with { Timestamps = null });
        host.Write(new byte[3 * Mss]);
        host.ShutdownSend();
        _script.Turn();
        List<Segment> flight = _script.TakeAll();
        Assert.True(flight[^1].Has(TcpFlags.Fin));
        uint end = flight[^1].End;
        _script.Elapse(Duration.FromSeconds(2));
        Assert.Contains(_script.TakeAll(), again => again.Sequence == flight[0].Sequence);

        _script.Send(_script.Ack with
        {
            Options = new SegmentOptions { SackBlocks = [(flight[0].End, end)] },
        });

        _script.Elapse(Duration.FromSeconds(2));
        List<Segment> all = _script.TakeAll();
        Assert.All(all, segment => Assert.True(
            segment.End - flight[0].Sequence <= end - flight[0].Sequence, segment.ToString()));
        _script.EngineNext = end;
        _script.Send(_script.Ack);
        Assert.Equal(TcpState.FinWait2, _script.State);
        Assert.False(host.WasReset);
    }

    /// <summary>A guest that contradicts itself: text was there behind where its FIN is.</summary>
    [Fact]
    public void TextBehindTheGuestsFin_IsForgotten()
    {
        SimConnection host = _script.Connect(SegmentOptions.Linux with { Timestamps = null });
        _script.Send(_script.Ack with
        {
            Sequence = _script.GuestNext + 100, Payload = new byte[100],
        });
        Assert.NotEmpty(_script.Expect().Options.SackBlocks);

        _script.SendFin();

        Assert.Empty(_script.ExpectAck().Options.SackBlocks);
        Assert.Equal(0, _script.Layer.Chunks.RentedBytes);
        Assert.True(host.IsEndOfStream);
    }

    /// <summary>The same with a FIN that comes while text before it is missing.</summary>
    [Fact]
    public void TextBehindAFinThatWaits_IsForgotten()
    {
        SimConnection host = _script.Connect(SegmentOptions.Linux with { Timestamps = null });
        _script.Send(_script.Ack with { Sequence = _script.GuestNext + 1, Payload = [2, 3, 4] });
        _script.Send(_script.Ack with
        {
            Sequence = _script.GuestNext + 1, Payload = [2, 3], Flags = TcpScript.FinAck,
        });
        _script.TakeAll();

        _script.Send(_script.Ack with { Payload = [1] });

        _script.Expect(Expect.Acknowledges(_script.GuestNext + 4));
        Assert.Equal([1, 2, 3], host.ReadAll());
        Assert.True(host.IsEndOfStream);
        Assert.Equal(TcpState.CloseWait, _script.State);
    }
}
