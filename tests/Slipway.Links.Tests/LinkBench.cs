using System.Buffers.Binary;
using System.Net.Sockets;
using Slipway.Host;
using Slipway.Stack;

namespace Slipway.Links.Tests;

/// <summary>
/// A link on the real kernel, a reactor that takes its turns, and what it told of its guests.
/// </summary>
internal sealed class LinkBench : IFrameReceiver, IDisposable
{
    internal const int MtuBytes = 1500;

    private const long TurnNanoseconds = 5_000_000;
    private static readonly Duration Patience = Duration.FromSeconds(10);

    private readonly Reactor _reactor = new();
    private readonly string _directory =
        Directory.CreateTempSubdirectory("slipway-links-").FullName;
    private GuestLink? _link;

    internal List<IGuestPort> Opened { get; } = [];

    internal List<IGuestPort> Closed { get; } = [];

    internal List<IGuestPort> Writable { get; } = [];

    internal List<(IGuestPort Port, byte[] Frame)> Frames { get; } = [];

    internal List<string> Reports { get; } = [];

    /// <summary>What a turn takes of a guest.</summary>
    internal int MostFrames { get; set; } = FrameBatch.Capacity;

    internal string Path(string name) => System.IO.Path.Combine(_directory, name);

    internal StreamLink Stream(string name = "s") =>
        Start(StreamLink.Listen(StreamProtocol.Stream, Path(name), MtuBytes, Reports.Add));

    internal StreamLink Listen(StreamProtocol protocol, string name = "s") =>
        Start(StreamLink.Listen(protocol, Path(name), MtuBytes, Reports.Add));

    internal DatagramLink Datagram(string name = "d") =>
        Start(DatagramLink.Listen(Path(name), MtuBytes, Reports.Add));

    internal T Start<T>(T link)
        where T : GuestLink
    {
        _link = link;
        link.Start(_reactor, this, Reactor.Now());
        return link;
    }

    /// <summary>A guest that connects to a stream link, or is a datagram socket's peer.</summary>
    internal Socket Connect(string name, SocketType type, string? boundTo = null)
    {
        Socket guest = new(AddressFamily.Unix, type, ProtocolType.Unspecified)
        {
            ReceiveTimeout = 5_000,
        };
        if (boundTo is not null)
        {
            guest.Bind(new UnixDomainSocketEndPoint(Path(boundTo)));
        }

        guest.Connect(new UnixDomainSocketEndPoint(Path(name)));
        return guest;
    }

    /// <summary>Takes turns until the condition holds; fails when it does not.</summary>
    internal void Until(Func<bool> condition, string what)
    {
        Instant end = Reactor.Now() + Patience;
        while (!condition())
        {
            Assert.True(Reactor.Now() < end, $"in vain waited until {what}");
            Turn();
        }
    }

    internal void Turn()
    {
        _reactor.Wait(TurnNanoseconds);
        Instant now = Reactor.Now();
        _reactor.Dispatch(now);
        _link!.Flush(now);
    }

    /// <summary>Takes turns in which nothing should happen.</summary>
    internal void Settle()
    {
        for (int i = 0; i < 4; i++)
        {
            Turn();
        }
    }

    /// <summary>Sends a frame; false when there is no room or it was lost.</summary>
    internal static bool TrySend(IGuestPort port, ReadOnlySpan<byte> frame)
    {
        Span<byte> reserved = port.Reserve(frame.Length);
        if (reserved.IsEmpty)
        {
            return false;
        }

        frame.CopyTo(reserved);
        return port.Commit(frame.Length);
    }

    /// <summary>A frame whose bytes tell it from others.</summary>
    internal static byte[] Frame(int number, int lengthBytes = 60)
    {
        byte[] frame = new byte[lengthBytes];
        for (int i = 0; i < lengthBytes; i++)
        {
            frame[i] = (byte)((number * 31) + i);
        }

        return frame;
    }

    /// <summary>The frame after its length, as it is on a stream.</summary>
    internal static byte[] Framed(ReadOnlySpan<byte> frame)
    {
        byte[] bytes = new byte[sizeof(uint) + frame.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)frame.Length);
        frame.CopyTo(bytes.AsSpan(sizeof(uint)));
        return bytes;
    }

    /// <summary>Receives exactly so many bytes; fails when the link closes before.</summary>
    internal static byte[] ReadExactly(Socket guest, int lengthBytes)
    {
        byte[] bytes = new byte[lengthBytes];
        for (int at = 0; at < lengthBytes;)
        {
            int received = guest.Receive(bytes.AsSpan(at));
            Assert.NotEqual(0, received);
            at += received;
        }

        return bytes;
    }

    public void OnPortOpened(IGuestPort port, Instant now) => Opened.Add(port);

    public void OnFrame(
        IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload, Instant now) =>
        Frames.Add((port, frame.ToArray()));

    public int FramesAtOnce(IGuestPort port, Instant now) => MostFrames;

    public void OnPortWritable(IGuestPort port, Instant now) => Writable.Add(port);

    public void OnPortClosed(IGuestPort port, Instant now) => Closed.Add(port);

    public void Dispose()
    {
        _link?.Dispose();
        _reactor.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
