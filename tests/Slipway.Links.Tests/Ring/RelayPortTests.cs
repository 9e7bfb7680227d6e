using Slipway.Stack;
using Slipway.Testing;

namespace Slipway.Links.Tests.Ring;

public sealed class RelayPortTests
{
    private readonly RecordingPort _link = new(5, 1_500);
    private readonly RelayPort _relay;
    private int _written;
    private int _room;

    public RelayPortTests() => _relay = new RelayPort(_link, () => _written++, () => _room++);

    [Fact]
    public void Relay_IsThePort()
    {
        Assert.Equal(5, _relay.Id);
        Assert.Equal(1_514, _relay.MaxFrameLengthBytes);
        Assert.Equal(Offloads.None, _relay.Offloads);
        Assert.True(_relay.Reserve(1_515).IsEmpty);
        _link.Offloads = Offloads.Checksum | Offloads.TcpSegments4;
        RelayPort offloading = new(_link, () => { }, () => { });
        Assert.Equal(Offloads.Checksum, offloading.Offloads);
        Assert.True(offloading.Reserve(1_515).IsEmpty);
    }

    [Fact]
    public void Frames_GoToTheLinkWhenTheOwnerDrains()
    {
        Write(1);
        Write(2);
        Assert.Equal(2, _written);
        Assert.Equal(0, _link.PendingCount);
        Assert.Equal(0, _relay.Drain());
        Assert.Equal(1, _link.Take()![0]);
        Assert.Equal(2, _link.Take()![0]);
        Assert.Equal(0, _room);
        Assert.False(_relay.Commit(1));
    }

    [Fact]
    public void News_IsWhatTheOwnerHasNotSeenAndTheLinkMayTake()
    {
        Assert.False(_relay.HasNews);
        Write(1);
        Assert.True(_relay.HasNews);
        _link.Room = 0;
        _relay.Drain();
        Assert.False(_relay.HasNews);
        Write(2);
        Assert.False(_relay.HasNews);
        _link.Room = 1;
        _relay.Drain();
        Assert.False(_relay.HasNews);
        _link.Room = 10;
        _relay.Drain();
        Assert.False(_relay.HasNews);
        Write(3);
        Assert.True(_relay.HasNews);
    }

    [Fact]
    public void FullLink_KeepsTheFrames_AndTheWorkerIsToldOfRoom()
    {
        _link.Room = 0;
        int count = 0;
        while (Write((byte)count))
        {
            count++;
        }

        Assert.InRange(count, 300, 400);
        Assert.Equal(0, _relay.Drain());
        Assert.Equal(0, _room);
        Assert.False(Write(0));

        _link.Room = 10;
        _relay.Drain();
        Assert.Equal(10, _link.PendingCount);
        Assert.Equal(1, _room);
        Assert.True(Write((byte)count));

        _link.Room = int.MaxValue;
        _relay.Drain();
        Assert.Equal(1, _room); // nobody was refused meanwhile
        byte[][] frames = [.. _link.TakeAll()];
        Assert.Equal(count + 1, frames.Length);
        Assert.All(frames.Index(), frame => Assert.Equal((byte)frame.Index, frame.Item[0]));
    }

    [Fact]
    public void FramesThatTheLinkLoses_AreToldOf()
    {
        Write(1);
        Write(2);
        _link.LosesCommits = true;
        Assert.Equal(2, _relay.Drain());
        Assert.Equal(0, _relay.Drain());
    }

    private bool Write(byte value)
    {
        Span<byte> room = _relay.Reserve(1_400);
        if (room.IsEmpty)
        {
            return false;
        }

        room.Fill(value);
        return _relay.Commit(1_400);
    }
}
