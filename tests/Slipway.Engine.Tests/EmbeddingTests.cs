using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Slipway.Links;
using Slipway.Linux;
using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Engine.Tests;

/// <summary>An engine in a program of somebody else's: turns, links, ports and captures.</summary>
public sealed class EmbeddingTests : IDisposable
{
    private const int BufferBytes = 1 << 18;
    private const int MtuBytes = 1500;
    private readonly FakeClock _clock = new();
    private readonly KeptFrames _sink = new();
    private readonly List<NetworkEngine> _engines = [];

    public void Dispose() => _engines.ForEach(engine => engine.Dispose());

    [Fact]
    public void Dispatch_FrameGivenByACall_IsAnsweredInTheCallersTurn()
    {
        NetworkEngine engine = Create();
        FrameLink link = AttachTo(engine);
        Input(link, new ArpFrame().ToFrame());
        Assert.Empty(_sink.Frames);
        Dispatch(engine);
        Assert.Contains(_sink.Frames, IsReply);
    }

    [Fact]
    public void Sink_ThatTakesNothing_IsOfferedTheRestWhenItResumes()
    {
        NetworkEngine engine = Create();
        FrameLink link = AttachTo(engine);
        Dispatch(engine);
        _sink.Frames.Clear();
        _sink.Room = 0;
        for (int i = 0; i < 3; i++)
        {
            Input(link, new ArpFrame().ToFrame());
        }

        Dispatch(engine);
        int calls = _sink.Calls;
        Dispatch(engine);
        Assert.Equal(calls, _sink.Calls);
        Assert.Empty(_sink.Frames);
        _sink.Room = 2;
        link.Resume();
        Dispatch(engine);
        Assert.Equal(2, _sink.Frames.Count);
        _sink.Room = 10;
        link.Resume();
        Dispatch(engine);
        Assert.Equal(3, _sink.Frames.Count(IsReply));
    }

    [Fact]
    public void Sink_ThatResumesAndTakesNothing_IsOfferedOnceATurn()
    {
        NetworkEngine engine = Create();
        FrameLink link = AttachTo(engine);
        Dispatch(engine);
        _sink.Room = 0;
        _sink.AtCall = link.Resume;
        Input(link, new ArpFrame().ToFrame());
        int calls = _sink.Calls;
        Assert.True(engine.Dispatch(3, out bool hasMore));
        Assert.True(hasMore);
        Assert.InRange(_sink.Calls - calls, 1, 3);
    }

    [Fact]
    public void Attach_OfALinkThatCannotStart_LeavesItClosed()
    {
        NetworkEngine engine = Create();
        const int Size = 8;
        nint memory = Marshal.AllocHGlobal(BufferBytes);
        ulong first = (ulong)(memory + 4096) & ~4095ul;

        // An epoll cannot wait for itself.
        VringSettings Ring(ulong at, int kick) =>
            new(Size, at, at + 1024, at + 2048, 0, kick, -1);
        VringLink link = VringLink.Attach(
            [new VringRegion(memory, 0, BufferBytes)], Ring(first, -1),
            Ring(first + 8192, engine.Descriptor), 0, MtuBytes, Assert.Fail);
        Assert.Throws<IOException>(() => engine.Attach(link));
        Dispatch(engine);

        // Its number is as good as new.
        FrameLink next = AttachTo(engine);
        Input(next, new ArpFrame().ToFrame());
        Dispatch(engine);
        Assert.Contains(_sink.Frames, IsReply);
        Marshal.FreeHGlobal(memory);
    }

    [Fact]
    public void Detach_FromWithinTheSink_TakesEffectAtTheTurnsEnd()
    {
        NetworkEngine engine = Create();
        FrameLink link = AttachTo(engine);
        _sink.AtCall = () => engine.Detach(link);
        Input(link, new ArpFrame().ToFrame());
        Dispatch(engine);
        int calls = _sink.Calls;
        Assert.True(calls > 0);
        Assert.False(TryInput(link, new ArpFrame().ToFrame()));
        Dispatch(engine);
        Assert.Equal(calls, _sink.Calls);
    }

    [Fact]
    public void Calls_FromWithinATurn_AreRefusedWhereTheyWouldWaitForIt()
    {
        NetworkEngine engine = Create();
        FrameLink link = AttachTo(engine);
        List<string> refused = [];
        _sink.AtCall = () =>
        {
            Assert.True(engine.IsInTurn);
            Assert.False(engine.Dispatch(1, out _));
            refused.Add(Assert.Throws<InvalidOperationException>(
                () => engine.UnpublishPort(1)).Message);
        };
        Input(link, new ArpFrame().ToFrame());
        Dispatch(engine);
        Assert.NotEmpty(refused);
        Assert.False(engine.IsInTurn);
    }

    [Fact]
    public void Link_PulledAndPutInAgain_IsServedAgain()
    {
        NetworkEngine engine = Create();
        FrameLink link = AttachTo(engine);
        engine.Invoke(now => link.SetUp(isUp: false, now));
        Input(link, new ArpFrame().ToFrame());
        Dispatch(engine);
        Assert.DoesNotContain(_sink.Frames, IsReply);
        engine.Invoke(now => link.SetUp(isUp: true, now));
        Input(link, new ArpFrame().ToFrame());
        Dispatch(engine);
        Assert.Contains(_sink.Frames, IsReply);
    }

    [Fact]
    public void PublishPort_WhileTheEngineRuns_ListensUntilItIsUnpublished()
    {
        NetworkEngine engine = Create();
        Thread thread = new(engine.Run);
        thread.Start();
        PublishedPort port = engine.PublishPort(PublishSpecification.Parse("key", "0:80"));
        using (TcpClient client = new())
        {
            client.Connect(IPAddress.Loopback, port.Host.Port);
        }

        ConfigurationException taken = Assert.Throws<ConfigurationException>(
            () => engine.PublishPort(PublishSpecification.Parse("key", $"{port.Host.Port}:80")));
        Assert.True(taken.IsInUse);
        Assert.Single(engine.PublishedPorts);
        Assert.True(engine.UnpublishPort(port.Id));
        Assert.False(engine.UnpublishPort(port.Id));
        using TcpClient late = new();
        Assert.Throws<SocketException>(() => late.Connect(IPAddress.Loopback, port.Host.Port));
        engine.Stop();
        thread.Join();
        Assert.Empty(engine.PublishedPorts);
    }

    [Fact]
    public void Sink_OfALinkThatIsDown_IsOfferedNothingUntilItIsUp()
    {
        NetworkEngine engine = Create();
        FrameLink link = AttachTo(engine);
        Dispatch(engine);
        _sink.Frames.Clear();
        _sink.Room = 0;
        Input(link, new ArpFrame().ToFrame());
        Dispatch(engine);
        engine.Invoke(now => link.SetUp(false, now));
        _sink.Room = 10;
        link.Resume();
        Dispatch(engine);
        Assert.Empty(_sink.Frames);
        engine.Invoke(now => link.SetUp(true, now));
        Dispatch(engine);
        Assert.Contains(_sink.Frames, IsReply);
    }

    [Theory]
    [InlineData("tcp")]
    [InlineData("udp")]
    public void PublishPort_ThatAProgramHas_NamesTheProgram(string protocol)
    {
        using Socket holder = protocol == "udp"
            ? new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)
            : new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        holder.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        if (protocol == "tcp")
        {
            holder.Listen();
        }

        int port = ((IPEndPoint)holder.LocalEndPoint!).Port;
        NetworkEngine engine = Create();
        ConfigurationException taken = Assert.Throws<ConfigurationException>(() =>
            engine.PublishPort(PublishSpecification.Parse("key", $"{port}:80/{protocol}")));
        Assert.Contains(
            $"(process {Environment.ProcessId})", taken.Message, StringComparison.Ordinal);
        PublishSpecification guests = PublishSpecification.Parse(
            "key", $"{port}:80/{protocol}") with { MayUseHelper = false };
        taken = Assert.Throws<ConfigurationException>(() => engine.PublishPort(guests));
        Assert.Contains("taken by another program", taken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PublishPort_OfUdpOnPort0_TellsTheRealPort()
    {
        NetworkEngine engine = Create();
        Thread thread = new(engine.Run);
        thread.Start();
        PublishedPort port = engine.PublishPort(PublishSpecification.Parse("key", "0:53/udp"));
        Assert.NotEqual(0, port.Host.Port);
        ConfigurationException taken = Assert.Throws<ConfigurationException>(() =>
            engine.PublishPort(PublishSpecification.Parse("key", $"{port.Host.Port}:53/udp")));
        Assert.True(taken.IsInUse);
        engine.Stop();
        thread.Join();
    }

    [Fact]
    public void Engines_OfOneSeedAndClock_SendTheSameFrames()
    {
        byte[] syn = new Segment
        {
            Destination = new IpEndpoint(VirtualNetwork.Gateway, 53), Flags = TcpFlags.Syn,
        }.ToFrame();
        List<byte[]> First() => RunOne(syn, seed: 1);
        Assert.Equal(First(), First());
        Assert.NotEqual(First(), RunOne(syn, seed: 2));
    }

    [Fact]
    public void Deadline_OfAnInjectedClock_ComesNearerWithIt()
    {
        NetworkEngine engine = Create();
        AttachTo(engine);
        Dispatch(engine);
        long before = engine.NanosecondsToDeadline();
        Assert.True(before > 0);
        _clock.Advance(Duration.FromMilliseconds(1));
        Assert.Equal(before - 1_000_000, engine.NanosecondsToDeadline());
    }

    [Fact]
    public void Capture_OfAllFrames_IsAFileOfBlocks()
    {
        NetworkEngine engine = Create();
        FrameLink link = AttachTo(engine);
        string path = Path.GetTempFileName();
        int file = Files.Open(path, Files.ReadWrite);
        FrameCapture capture = engine.StartCapture(file, 0)!;
        Assert.Null(engine.StartCapture(file, 0));
        byte[] request = new ArpFrame().ToFrame();
        Input(link, request);
        Dispatch(engine);
        engine.StopCapture(capture);
        List<(uint Type, byte[] Body)> blocks = Blocks(File.ReadAllBytes(path));
        File.Delete(path);
        Assert.Equal([0x0a0d_0d0au, 1u], blocks.Take(2).Select(block => block.Type));
        Assert.Equal(5u, blocks[^1].Type);
        List<byte[]> frames = [.. blocks.Where(block => block.Type == 6).Select(block =>
            block.Body[20..(20 + (int)BinaryPrimitives.ReadUInt32LittleEndian(
                block.Body.AsSpan(12)))])];
        Assert.Contains(frames, frame => frame.AsSpan().SequenceEqual(request));
        Assert.Contains(frames, IsReply);
    }

    [Fact]
    public void Engine_AfterItsEnd_RefusesWhatIsAsked()
    {
        NetworkEngine engine = Create();
        engine.Dispose();
        Assert.Throws<ObjectDisposedException>(() => engine.Dispatch(1, out _));
        Assert.Throws<ObjectDisposedException>(() => engine.Invoke(_ => { }));
    }

    private static bool IsReply(byte[] frame) =>
        EthernetFrame.Parse(frame).Type == 0x0806 && ArpFrame.ParseFrame(frame).Operation == 2;

    private static bool TryInput(FrameLink link, byte[] frame)
    {
        bool isTaken = link.TryInput(
            default, frame.Length, frame, static (room, bytes) => bytes.CopyTo(room));
        link.Wake();
        return isTaken;
    }

    private static void Input(FrameLink link, byte[] frame) =>
        Assert.True(TryInput(link, frame));

    private static void Dispatch(NetworkEngine engine)
    {
        for (int i = 0; i < 100; i++)
        {
            Assert.True(engine.Dispatch(1, out bool hasMore));
            if (!hasMore)
            {
                return;
            }
        }

        Assert.Fail("there is no end to it");
    }

    // Type, length, body, length.
    private static List<(uint Type, byte[] Body)> Blocks(byte[] file)
    {
        List<(uint Type, byte[] Body)> blocks = [];
        for (int i = 0; i < file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(i + 4));
            Assert.Equal(0, length % 4);
            Assert.Equal(
                length, BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(i + length - 4)));
            blocks.Add((
                BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(i)),
                file[(i + 8)..(i + length - 4)]));
            i += length;
        }

        return blocks;
    }

    private List<byte[]> RunOne(byte[] syn, ulong seed)
    {
        KeptFrames sink = new();
        NetworkEngine engine = Create(seed);
        FrameLink link = AttachTo(engine, sink);
        Input(link, new ArpFrame().ToFrame());
        Input(link, syn);
        Dispatch(engine);
        return sink.Frames;
    }

    private NetworkEngine Create(ulong seed = 0)
    {
        NetworkEngine engine = NetworkEngine.Create(
            new EngineConfiguration(), new QuietLog(),
            new EngineEnvironment
            {
                Clock = () => _clock.Now,
                Seed = new Seed128(seed, seed),
            });
        _engines.Add(engine);
        return engine;
    }

    private FrameLink AttachTo(NetworkEngine engine, KeptFrames? sink = null)
    {
        FrameLink link = FrameLink.Create(
            BufferBytes, MtuBytes, Offloads.None, sink ?? _sink, Assert.Fail);
        engine.Attach(link);
        return link;
    }
}
