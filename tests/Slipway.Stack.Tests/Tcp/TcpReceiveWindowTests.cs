using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Tcp;

/// <summary>
/// The window that is offered to the guest while the host is slow, and the memory behind it.
/// </summary>
public sealed class TcpReceiveWindowTests
{
    private const int SegmentBytes = 1460;

    private static readonly StreamPattern Pattern = new(1);

    private readonly TcpScript _script = new();
    private int _scale;

    [Fact]
    public void StalledHost_ClosesTheWindow_AndNothingIsLost()
    {
        SimConnection host = Connect();

        long sent = FillWindow();

        // The host's own buffer and at most one largest window more.
        Assert.InRange(sent, host.Available, host.Available + (1 << 20) + 128);
        long received = 0;
        byte[] buffer = new byte[64 << 10];
        for (int count = host.Read(buffer); count > 0; count = host.Read(buffer))
        {
            Pattern.Verify(received, buffer.AsSpan(0, count));
            received += count;
            _script.Turn();
        }

        Assert.Equal(sent, received);
    }

    [Theory]
    [InlineData(60, 150)]
    [InlineData(100, 150)]
    [InlineData(120, 150)]
    [InlineData(120, 250)]
    [InlineData(149, 150)]
    [InlineData(150, 150)]
    public void HostTakesAPart_OfTextThatRunsIntoAKeptRange_EachByteComesOnce(
        int bufferBytes, int length)
    {
        _script.Server.SendBufferBytes = bufferBytes;
        SimConnection host = _script.Connect();
        uint start = _script.GuestNext;
        Send(100, 100);

        Send(0, length);

        int end = Math.Max(200, length);
        Assert.Equal(start + (uint)end, _script.TakeAll()[^1].Acknowledgment);
        List<byte> received = [];
        while (host.Available > 0)
        {
            received.AddRange(host.ReadAll());
            _script.Turn();
        }

        Assert.Equal(Pattern.Bytes(0, end), received);

        void Send(int position, int count) => _script.Send(_script.Ack with
        {
            Sequence = start + (uint)position, Payload = Pattern.Bytes(position, count),
        });
    }

    [Fact]
    public void Window_RightEdge_NeverMovesBack()
    {
        SimConnection host = Connect();
        uint edge = 0;
        byte[] buffer = new byte[5_000];
        for (int i = 0; i < 2_000; i++)
        {
            _script.SendText(new byte[700]);
            _ = i % 3 == 0 ? host.Read(buffer) : 0;
            _script.Turn();
            foreach (Segment segment in _script.TakeAll())
            {
                uint offered = segment.Acknowledgment + ((uint)segment.Window << _scale);

                // The field's granularity may round the same edge differently (RFC 7323 section
                // 2.4).
                bool movedBack = edge != 0 && (int)(edge - offered) >= 1 << _scale;
                Assert.False(movedBack, $"the edge moved back by {edge - offered}");
                edge = edge != 0 && (int)(edge - offered) > 0 ? edge : offered;
            }

            if ((int)(edge - _script.GuestNext) < 700)
            {
                break;
            }
        }
    }

    [Fact]
    public void ZeroWindow_Probe_IsAnswered()
    {
        Connect();
        FillWindow();

        _script.Send(_script.Ack with { Payload = [1] });

        _script.Expect(Expect.Acknowledges(_script.GuestNext),
            Expect.Flags(TcpFlags.Acknowledgment));
    }

    [Fact]
    public void ZeroWindow_HostReads_IsUpdated()
    {
        SimConnection host = Connect();
        FillWindow();
        host.ReadAll();

        _script.Turn();

        Segment update = _script.TakeAll()[^1];
        Assert.True(update.Window << _scale >= SegmentBytes);
        Assert.Equal(_script.GuestNext, update.Acknowledgment);
    }

    [Fact]
    public void OneByteReader_DoesNotCauseSillyWindows()
    {
        SimConnection host = Connect();
        FillWindow();
        byte[] one = new byte[1];
        for (int i = 0; i < 1_000; i++)
        {
            _ = host.Read(one);
            _script.Turn();
        }

        Assert.All(_script.TakeAll(), segment => Assert.True(
            segment.Window == 0 || segment.Window << _scale >= SegmentBytes,
                $"a window of {segment.Window}"));
    }

    [Fact]
    public void Memory_OverAllFlows_IsBounded()
    {
        StackLimits limits = new() { TcpReceiveBytes = 1 << 20 };
        TcpScript script = new(VirtualNetwork.Settings with { Limits = limits });
        script.Server.SendBufferBytes = 1;
        long accepted = 0;
        for (ushort i = 0; i < 50; i++)
        {
            accepted += Stuff(script, (ushort)(2_000 + i));
        }

        Assert.InRange(accepted, 1, limits.TcpReceiveBytes);
        Assert.True(script.Counters.Dropped(DropReason.TcpReassemblyLimit) > 0);
    }

    /// <summary>Sends 100 KB to a host that takes nothing.</summary>
    /// <returns>Bytes that were acknowledged, so are held.</returns>
    private static uint Stuff(TcpScript script, ushort port)
    {
        Segment syn = TcpScript.Syn with
        {
            Source = new IpEndpoint(VirtualNetwork.Guest, port),
                Options = SegmentOptions.Linux with { Timestamps = null },
        };
        script.Send(syn);
        Segment answer = script.Expect(Expect.Flags(TcpFlags.Syn | TcpFlags.Acknowledgment));
        uint first = syn.Sequence + 1;
        for (uint sent = 0; sent < 100_000; sent += SegmentBytes)
        {
            script.Send(syn with
            {
                Flags = TcpFlags.Acknowledgment,
                Sequence = first + sent,
                Acknowledgment = answer.Sequence + 1,
                Options = SegmentOptions.None,
                Payload = new byte[SegmentBytes],
            });
        }

        return script.TakeAll().Max(segment => segment.Acknowledgment) - first;
    }

    private SimConnection Connect()
    {
        SimConnection host = _script.Connect(SegmentOptions.Linux with { Timestamps = null });
        _scale = 7;
        return host;
    }

    /// <summary>Sends until the window offered is full; returns the bytes sent.</summary>
    private long FillWindow()
    {
        long sent = 0;
        uint edge = _script.GuestNext + 65_535;
        while (true)
        {
            int length = Math.Min(SegmentBytes, (int)(edge - _script.GuestNext));
            if (length <= 0)
            {
                return sent;
            }

            _script.SendText(Pattern.Bytes(sent, length));
            sent += length;
            Segment ack = _script.TakeAll()[^1];
            Assert.Equal(_script.GuestNext, ack.Acknowledgment);
            edge = ack.Acknowledgment + ((uint)ack.Window << _scale);
        }
    }
}
