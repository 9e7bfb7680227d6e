using Slipway.Stack;

namespace Slipway.Engine.Tests;

/// <summary>What a guest may take of a turn while another sends too.</summary>
public sealed class TurnSharesTests
{
    private const int Loud = 1;
    private const int Quiet = 2;

    private static readonly Duration s_frame = Duration.FromMicroseconds(10);

    private readonly TurnShares _shares;
    private Instant _now = new(1_000_000_000_000);
    private int _looks;

    public TurnSharesTests() => _shares = new TurnShares(() =>
    {
        _looks++;
        return _now;
    });

    [Fact]
    public void Guest_Alone_HasWholeBatches_AndTheClockIsNotLookedAt()
    {
        for (int i = 0; i < 10; i++)
        {
            Turn(Loud, 64, s_frame);
        }

        Assert.Equal(FrameBatch.Capacity, _shares.FramesAtOnce(Loud, _now));
        Assert.Equal(0, _looks);
    }

    [Fact]
    public void Flood_BesideAQuietGuest_HasAQuantum()
    {
        Contend();
        Turn(Loud, 10, s_frame);
        Assert.Equal(10, _shares.FramesAtOnce(Loud, _now));
        Assert.Equal(FrameBatch.Capacity - 1, _shares.FramesAtOnce(Quiet, _now));
    }

    [Fact]
    public void Frames_HoweverDear_AreTakenTwoInATurn()
    {
        Contend();
        Turn(Loud, 1, Duration.FromMilliseconds(5));
        Assert.Equal(2, _shares.FramesAtOnce(Loud, _now));
    }

    /// <summary>What a guest's frames cause at host sockets is its own as well.</summary>
    [Theory]
    [InlineData(100, 5)] // the host's part is as long as the frames'
    [InlineData(5_000, 2)] // and four times it at most, together with them
    public void RestOfTheTurn_CountsWithTheFrames(int restMicroseconds, int expected)
    {
        Contend();
        Turn(Loud, 10, s_frame, Duration.FromMicroseconds(restMicroseconds));
        Assert.Equal(expected, _shares.FramesAtOnce(Loud, _now));
    }

    [Fact]
    public void Cost_ThatFalls_IsBelievedSlowly_AndOneThatRises_AtOnce()
    {
        Contend();
        Turn(Loud, 10, s_frame);
        Turn(Loud, 10, s_frame / 10);
        Assert.InRange(_shares.FramesAtOnce(Loud, _now), 10, 12);
        Turn(Loud, 10, s_frame * 2);
        Assert.InRange(_shares.FramesAtOnce(Loud, _now), 4, 5);
    }

    [Fact]
    public void Other_ThatIsSilentAgain_GivesTheTurnBack()
    {
        Contend();
        Turn(Loud, 10, s_frame);
        _now += Duration.FromMilliseconds(11);
        Turn(Loud, 1, Duration.Zero);
        Assert.Equal(FrameBatch.Capacity, _shares.FramesAtOnce(Loud, _now));
    }

    /// <summary>A flood that is first in each turn makes turns long, not the other old.</summary>
    [Fact]
    public void Turns_LongerThanTheAttention_AreSharedAllTheSame()
    {
        Duration dear = Duration.FromMicroseconds(300);
        for (int i = 0; i < 3; i++)
        {
            Instant began = _now;
            Take(Loud, 64, dear, began);
            Take(Quiet, 1, Duration.Zero, began);
            _shares.EndTurn(began);
        }

        Assert.Equal(2, _shares.FramesAtOnce(Loud, _now));
    }

    [Fact]
    public void Queues_OfOneGuest_HaveAQuantumTogether()
    {
        Contend();
        Turn(Loud, 10, s_frame);
        Take(Loud, 6, s_frame, _now);
        Assert.Equal(4, _shares.FramesAtOnce(Loud, _now));
        Take(Loud, 4, s_frame, _now);
        Assert.Equal(2, _shares.FramesAtOnce(Loud, _now));
    }

    [Fact]
    public void Port_ThatClosesInItsTurn_IsForgotten()
    {
        Contend();
        _shares.End(_shares.Begin(Loud, _now), 1);
        _shares.Remove(Loud);
        _shares.EndTurn(_now);
        Assert.Equal(FrameBatch.Capacity, _shares.FramesAtOnce(Loud, _now));
        Turn(Quiet, 1, s_frame);
    }

    // Both have sent a moment ago.
    private void Contend()
    {
        Turn(Loud, 1, Duration.Zero);
        Turn(Quiet, 1, Duration.Zero);
        Turn(Loud, 1, Duration.Zero);
    }

    private void Turn(int port, int frames, Duration each, Duration rest = default)
    {
        Instant began = _now;
        Take(port, frames, each, began);
        _now += rest;
        _shares.EndTurn(began);
    }

    private void Take(int port, int frames, Duration each, Instant turn)
    {
        Instant? from = _shares.Begin(port, turn);
        _now += each * frames;
        _shares.End(from, frames);
    }
}
