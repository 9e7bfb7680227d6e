using Slipway.Stack;
using Slipway.Testing;

namespace Slipway.Links.Tests.Capture;

/// <summary>Frames in the order of the wire, each with what was counted against it.</summary>
public sealed class FrameTapTests
{
    private readonly Counters _counters = new();
    private readonly RecordingPort _port = new();
    private readonly RecordingSink _sink = new();
    private readonly FrameTap _tap;

    public FrameTapTests() => _tap = new FrameTap(_counters, _ => 0, [_sink]);

    [Fact]
    public void Frame_ThatIsAnswered_ComesBeforeItsAnswer()
    {
        _tap.Begin(_port, new byte[60]);
        Send(70, isTaken: true);
        Send(80, isTaken: true);
        Assert.Empty(_sink.Frames);
        _tap.End();
        Assert.Equal([(true, 60, null), (false, 70, null), (false, 80, null)], _sink.Frames);
    }

    [Fact]
    public void Drop_WhileAFrameIsDealtWith_IsThatFramesAndNobodyElses()
    {
        _counters.Drop(DropReason.Icmp);
        _tap.Begin(_port, new byte[60]);
        _counters.Drop(DropReason.Unroutable);
        _tap.End();
        _tap.Begin(_port, new byte[61]);
        _tap.End();
        Assert.Equal([(true, 60, DropReason.Unroutable), (true, 61, null)], _sink.Frames);
    }

    [Fact]
    public void Answer_ThatItsLinkLoses_IsLostAndNotWhatItAnswers()
    {
        _tap.Begin(_port, new byte[60]);
        Send(70, isTaken: false);
        _tap.End();
        Assert.Equal([(true, 60, null), (false, 70, DropReason.LinkFull)], _sink.Frames);
    }

    [Fact]
    public void Frame_ThatNobodyAskedFor_IsGivenAtOnce()
    {
        Send(70, isTaken: true);
        Send(80, isTaken: false);
        Assert.Equal([(false, 70, null), (false, 80, DropReason.LinkFull)], _sink.Frames);
    }

    [Fact]
    public void Answers_BeyondTheTapsRoom_LoseNothing()
    {
        _tap.Begin(_port, new byte[60]);
        for (int i = 0; i < 20; i++)
        {
            Send(65_000, isTaken: true);
        }

        _tap.End();
        Assert.Equal(21, _sink.Frames.Count);
        Assert.True(_sink.Frames[0].IsFromGuest);
    }

    private void Send(int lengthBytes, bool isTaken)
    {
        _tap.Send(_port, new byte[lengthBytes]);
        if (!isTaken)
        {
            _counters.Drop(DropReason.LinkFull);
        }

        _tap.Sent(isTaken);
    }
}
