using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Tcp;

/// <summary>Segments that came together, and go to the host together.</summary>
public class TcpGatheringTests
{
    protected const int TextBytes = 32 * 1024;
    private const int MtuBytes = 65_520;

    private static readonly StackSettings Settings =
        VirtualNetwork.Settings with { MtuBytes = MtuBytes };

    private static readonly StreamPattern Pattern = new(7);

    private readonly TcpScript _script = new(Settings);
    private readonly GuestTexts? _texts;
    private readonly FrameBatch _batch;

    public TcpGatheringTests()
        : this(texts: null)
    {
    }

    private protected TcpGatheringTests(GuestTexts? texts)
    {
        _texts = texts;
        _batch = new FrameBatch(9 << 16, 1 << 16, leavesText: texts is not null);
    }

    private protected TcpScript Script => _script;

    private protected FrameBatch Batch => _batch;

    [Fact]
    public void SegmentsInOrder_ReachTheHostInOneCall_AndGetOneAcknowledgment()
    {
        SimConnection host = Connect();
        SendTogether(Text(0), Text(1), Text(2));
        _script.GuestNext += 3 * TextBytes;
        _script.ExpectAck();
        _script.ExpectNothing();
        Assert.Equal(Pattern.Bytes(0, 3 * TextBytes), host.ReadAll());
    }

    [Fact]
    public void HostThatTakesLess_GetsTheRestLater_InOrder()
    {
        _script.Server.SendBufferBytes = TextBytes + 1_000;
        SimConnection host = Connect();
        SendTogether(Text(0), Text(1), Text(2));
        _script.GuestNext += 3 * TextBytes;
        _script.ExpectAck();
        List<byte> read = [];
        while (host.Available > 0)
        {
            read.AddRange(host.ReadAll());
            _script.Turn();
        }

        Assert.Equal(Pattern.Bytes(0, 3 * TextBytes), read.ToArray());
    }

    [Fact]
    public void SmallSegmentBehind_GoesAfterWhatIsGathered()
    {
        SimConnection host = Connect();
        SendTogether(Text(0), Text(1, 10), Text(1, TextBytes, 10));
        Assert.Equal(Pattern.Bytes(0, (2 * TextBytes) + 10), host.ReadAll());
    }

    [Fact]
    public void FinBehind_GoesAfterWhatIsGathered()
    {
        SimConnection host = Connect();
        SendTogether(Text(0), Text(1) with { Flags = TcpScript.FinAck });
        Assert.Equal(Pattern.Bytes(0, 2 * TextBytes), host.ReadAll());
        Assert.True(host.IsEndOfStream);
    }

    [Fact]
    public void FinThatCameBeforeTheText_GoesAfterIt()
    {
        SimConnection host = Connect();
        SendTogether(Text(2) with { Flags = TcpScript.FinAck }, Text(0), Text(1));
        Assert.Equal(Pattern.Bytes(0, 3 * TextBytes), host.ReadAll());
        Assert.True(host.IsEndOfStream);
    }

    [Fact]
    public void HoleBetween_IsFilledLater()
    {
        SimConnection host = Connect();
        SendTogether(Text(0), Text(2), Text(3), Text(1), Text(4));
        Assert.Equal(Pattern.Bytes(0, 5 * TextBytes), host.ReadAll());
    }

    [Fact]
    public void DuplicateAndOverlap_AreDeliveredOnce()
    {
        SimConnection host = Connect();
        SendTogether(Text(0), Text(0), Text(0, TextBytes, 100), Text(1), Text(1));
        Assert.Equal(Pattern.Bytes(0, 2 * TextBytes), host.ReadAll());
    }

    [Fact]
    public void ResetBehind_EndsTheFlow()
    {
        SimConnection host = Connect();
        SendTogether(
            Text(0), Text(1) with { Flags = TcpFlags.Reset, Payload = [], Sequence = At(1) });
        Assert.True(host.WasReset);
        Assert.Equal(TcpState.Closed, _script.State);
    }

    [Fact]
    public void HostThatFails_IsToldToTheGuest()
    {
        SimConnection host = Connect();
        host.Reset();
        SendTogether(Text(0), Text(1));
        _script.Turn();
        Assert.Contains(_script.TakeAll(), segment => segment.Has(TcpFlags.Reset));
    }

    [Fact]
    public void TextThatCannotBeGathered_OvertakesNothing()
    {
        SimConnection host = Connect();
        Add(Text(0));
        _script.Layer.BeginGathering(_batch);
        Receive(0, Text(0));
        Receive(Text(1).ToFrame(), default, Text(1)); // of fragments, in other memory
        _script.Layer.EndGathering(_script.Clock.Now);
        _script.Turn();
        Assert.Equal(Pattern.Bytes(0, 2 * TextBytes), host.ReadAll());
    }

    [Fact]
    public void TextThatTheWindowCuts_OvertakesNothing()
    {
        SimConnection host = _script.Connect(); // a window of 65,535 bytes
        SendTogether(Text(0), Text(1, 25_000), Text(1, 30_000, 25_000));
        byte[] read = host.ReadAll();
        Assert.InRange(read.Length, TextBytes + 25_000, 65_535);
        Assert.Equal(Pattern.Bytes(0, read.Length), read);
    }

    [Fact]
    public void TwoFlows_DoNotMix()
    {
        SimConnection first = Connect();
        IpEndpoint other = new(VirtualNetwork.Guest, 50_001);
        _script.Send(TcpScript.Syn with { Source = other });
        Segment answer = _script.Expect();
        SimConnection second = _script.Server.Connections[1];
        Segment OfOther(int index) => Text(index) with
        {
            Source = other, Acknowledgment = answer.Sequence + 1,
        };
        SendTogether(Text(0), OfOther(0), Text(1), Text(2), OfOther(1));
        Assert.Equal(Pattern.Bytes(0, 3 * TextBytes), first.ReadAll());
        Assert.Equal(Pattern.Bytes(0, 2 * TextBytes), second.ReadAll());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void AnyOrderLossAndPace_DeliverEveryByteOnceAndInOrder(int seed)
    {
        const int total = 4 << 20;
        Random random = new(seed);
        _script.Server.SendBufferBytes = 20_000 << random.Next(5);
        SimConnection host = Connect();
        uint first = _script.GuestNext;
        int acknowledged = 0;
        List<byte> read = [];
        for (int round = 0; round < 20_000 && acknowledged < total; round++)
        {
            List<Segment> together = [];
            int at = acknowledged;
            while (together.Count < 8 && at < total && at - acknowledged < 600_000)
            {
                int length = Math.Min(random.Next(3) == 0 ? random.Next(1, 20_000)
                    : random.Next(16_384, 60_000), total - at);
                int mishap = random.Next(12);
                if (mishap != 0)
                {
                    Segment segment = _script.Ack with
                    {
                        Sequence = first + (uint)at, Payload = Pattern.Bytes(at, length),
                    };
                    together.Insert(
                        mishap == 1 ? random.Next(together.Count + 1) : together.Count, segment);
                }

                at += mishap == 2 ? 0 : length;
            }

            SendTogether([.. together]);
            foreach (Segment answer in _script.TakeAll())
            {
                acknowledged = Math.Max(acknowledged, (int)(answer.Acknowledgment - first));
            }

            byte[] some = new byte[random.Next(200_000)];
            read.AddRange(some.AsSpan(0, host.Read(some)));
            _script.Turn();
        }

        Assert.Equal(total, acknowledged);
        while (host.Available > 0)
        {
            read.AddRange(host.ReadAll());
            _script.Turn();
        }

        Assert.True(read.ToArray().AsSpan().SequenceEqual(Pattern.Bytes(0, total)));
    }

    private protected SimConnection Connect() => _script.Connect(
        new SegmentOptions { MaximumSegmentSize = MtuBytes - 40, WindowScale = 7 });

    private static uint At(int index) =>
        TcpScript.GuestInitial + 1 + (uint)(index * TextBytes);

    private protected Segment Text(int index, int length = TextBytes, int more = 0) =>
        _script.Ack with
        {
            Sequence = At(index) + (uint)more,
            Payload = Pattern.Bytes((index * TextBytes) + more, length),
        };

    private protected void SendTogether(params Segment[] segments)
    {
        _batch.Clear();
        foreach (Segment segment in segments)
        {
            Add(segment);
        }

        _script.Layer.BeginGathering(_batch);
        for (int i = 0; i < segments.Length; i++)
        {
            Receive(i, segments[i]);
        }

        _script.Layer.EndGathering(_script.Clock.Now);
        _texts?.Overwrite();
        _script.Turn();
    }

    private void Add(Segment segment)
    {
        if (_texts is not null && segment.Payload.Length >= 16_384)
        {
            _texts.Add(_batch, segment);
            return;
        }

        byte[] frame = segment.ToFrame();
        frame.CopyTo(_batch.Room);
        _batch.Add(0, frame.Length, default);
    }

    private void Receive(int index, Segment segment)
    {
        if (!_batch.IsWhole(index) && !_script.Layer.TakesWithoutText(_batch, index))
        {
            _batch.Fetch(index);
        }

        Receive(_batch.Frame(index), _batch.Offload(index), segment);
    }

    private void Receive(ReadOnlySpan<byte> frame, FrameOffload offload, Segment segment)
    {
        ReadOnlySpan<byte> packet = frame[14..];
        _script.Layer.Receive(
            new GuestPacket
            {
                Route = _script.Route,
                Source = segment.Source.Address,
                Destination = segment.Destination.Address,
                Protocol = IpProtocol.Tcp,
                Ttl = 64,
                TypeOfService = 0,
                DontFragment = true,
                Offload = offload,
                Payload = packet[20..],
                Quote = packet,
            },
            _script.Clock.Now);
    }
}
