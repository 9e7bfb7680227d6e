using System.Net.Sockets;
using Slipway.Stack;

namespace Slipway.Host.Tests;

/// <summary>
/// What a flow does with its stream, by a seed: peeks at once or again, discards late, sends in
/// pieces, and works only when it was told that it can.
/// </summary>
internal sealed class HandoverFlow : IReadinessOwner, IDisposable
{
    private readonly Random _random;
    private readonly MemoryStream _received = new();
    private readonly Queue<byte[]> _waiting = [];
    private readonly byte[] _frame = new byte[60_000];
    private long _inFlight;
    private bool _isWritable;
    private bool _isReadable;
    private bool _isShutDown;
    private bool _isTold;

    public HandoverFlow(HostNetwork network, int seed, bool isHeld = false)
    {
        _random = new Random(seed);
        Assert.Equal(
            HostError.None,
            network.OpenHandover(
                this, isHeld, out HandoverStream? stream, out SafeSocketHandle? far));
        Stream = stream!;
        Far = far!;
    }

    public HandoverStream Stream { get; }

    public SafeSocketHandle Far { get; }

    public byte[] Received => _received.ToArray();

    public bool HasEnded { get; private set; }

    public HostError Failure { get; private set; }

    /// <summary>All that the flow has been told.</summary>
    public Readiness Told { get; private set; }

    public void OnReady(Readiness readiness, Instant now)
    {
        Told |= readiness;
        if ((readiness & Readiness.Error) != 0)
        {
            HostError error = Stream.FinishConnect();
            Failure = error == HostError.None ? Failure : error;
        }

        _isWritable |= (readiness & Readiness.Writable) != 0;
        _isReadable |= (readiness & ~Readiness.Writable) != 0;
        Work();
    }

    /// <summary>The guest sends.</summary>
    public void Send(byte[] bytes)
    {
        _waiting.Enqueue(bytes);
        Work();
    }

    /// <summary>The guest's FIN, behind what it has sent.</summary>
    public void ShutDown()
    {
        _isShutDown = true;
        Work();
    }

    /// <summary>The guest has everything.</summary>
    public void Acknowledge()
    {
        Assert.Equal(HostError.None, Stream.Discard(_inFlight));
        _inFlight = 0;
    }

    public void Work()
    {
        Read();
        while (_isWritable && Failure == HostError.None && _waiting.TryPeek(out byte[]? next))
        {
            HostIo io = _random.Next(2) == 0 ? Stream.Send(next) : Stream.Send(InPieces(next));
            if (io.Error is not (HostError.None or HostError.WouldBlock))
            {
                Failure = io.Error;
                return;
            }

            _waiting.Dequeue();
            if (io.LengthBytes < next.Length)
            {
                _isWritable = false;
                List<byte[]> rest = [next[io.LengthBytes..], .. _waiting];
                _waiting.Clear();
                rest.ForEach(_waiting.Enqueue);
            }
        }

        if (_isShutDown && !_isTold && _waiting.Count == 0)
        {
            _isTold = true;
            Assert.Equal(HostError.None, Stream.ShutdownSend());
        }
    }

    public void Dispose() => _received.Dispose();

    private void Read()
    {
        while (_isReadable && !HasEnded)
        {
            // A retransmission: the same bytes again.
            if (_inFlight > 0 && _random.Next(8) == 0)
            {
                int again = _random.Next((int)Math.Min(_inFlight, 30_000)) + 1;
                long from = _inFlight - again;
                HostIo repeated = Stream.Peek(from, _frame.AsSpan(0, again));
                Assert.Equal(HostError.None, repeated.Error);
                byte[] all = _received.ToArray();
                Assert.Equal(
                    all.AsSpan(all.Length - again, repeated.LengthBytes).ToArray(),
                    _frame[..repeated.LengthBytes]);
            }

            if (_inFlight > 200_000 || _random.Next(4) == 0)
            {
                long acknowledged = _random.NextInt64(_inFlight + 1);
                Assert.Equal(HostError.None, Stream.Discard(acknowledged));
                _inFlight -= acknowledged;
            }

            HostIo io = Stream.Peek(
                _inFlight, _frame.AsSpan(0, _random.Next(_frame.Length) + 1));
            HasEnded = io.Error == HostError.EndOfStream;
            _isReadable = io.Error == HostError.None;
            Assert.True(
                io.Error is HostError.None or HostError.WouldBlock or HostError.EndOfStream
                    || io.Error == Failure, $"{io.Error}");
            _received.Write(_frame, 0, io.LengthBytes);
            _inFlight += io.LengthBytes;
        }

    }

    private GatheredText InPieces(byte[] bytes)
    {
        GatheredText text = new();
        for (int start = 0; start < bytes.Length;)
        {
            int length = Math.Min(bytes.Length - start, _random.Next(80_000) + 30_000);
            text.Add(Pinned(bytes.AsSpan(start, length)));
            start += length;
        }

        return text;
    }

    private static byte[] Pinned(ReadOnlySpan<byte> bytes)
    {
        byte[] pinned = GC.AllocateUninitializedArray<byte>(bytes.Length, pinned: true);
        bytes.CopyTo(pinned);
        return pinned;
    }
}
