using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Slipway.Links;
using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Engine.Tests;

/// <summary>Services that come and go while the engine runs.</summary>
public sealed class ServiceTests : IDisposable
{
    private const int BufferBytes = 1 << 18;
    private const string Web =
        """{ "name": "web.test", "address": "192.168.127.250", "port": 80, "target": "unix:#" }""";

    private static readonly IpEndpoint s_web = new(IpAddress.Parse("192.168.127.250"), 80);

    private readonly FakeClock _clock = new();
    private readonly KeptFrames _sink = new();
    private readonly KeptLog _log = new();
    private readonly string _directory =
        Directory.CreateTempSubdirectory("slipway-service-").FullName;

    private NetworkEngine? _engine;
    private FrameLink? _link;

    // Names that it does not know itself are asked of nobody.
    private NetworkEngine Engine =>
        _engine ??= Create("""{ "dns": { "servers": ["127.0.0.1:9"] } }""");

    private string Path => System.IO.Path.Combine(_directory, "s");

    public void Dispose()
    {
        _engine?.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void AddService_WhileItRuns_IsThereWithItsAddressAndNameUntilItIsRemoved()
    {
        Assert.Equal(0, AnswersFor(s_web.Address));
        ServiceEntry service = Add(Web);

        Assert.Equal(1, AnswersFor(s_web.Address));
        Assert.Equal([s_web.Address], Lookup("WEB.test"));
        Assert.Equal(service, Assert.Single(Engine.Services));
        Assert.Contains(_log.Lines, line => line.Contains("web.test 192.168.127.250:80"));
        Assert.True(Engine.RemoveService(service.Id));
        Assert.False(Engine.RemoveService(service.Id));
        Assert.Empty(Engine.Services);
        Assert.Equal(0, AnswersFor(s_web.Address));
        Assert.Empty(Lookup("web.test"));
    }

    [Fact]
    public void AddService_OfANameThatWasAdded_LeavesThatAsItIs()
    {
        IpAddress mine = IpAddress.Parse("192.0.2.1");
        Assert.True(Engine.SetDnsRecord("Web.test", [mine]));
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => Add(Web));
        Assert.True(error.IsInUse);
        Assert.Equal([mine], Lookup("web.test"));
        Assert.Empty(Engine.Services);
        Assert.Equal(0, AnswersFor(s_web.Address));
        Assert.True(Engine.RemoveDnsRecord("web.test"));
        Add(Web);
        Assert.Equal([s_web.Address], Lookup("web.test"));
    }

    [Fact]
    public void AddService_OverTheBoundOfNames_LeavesNothingBehind()
    {
        for (int i = 0; i < 4_096; i++)
        {
            Assert.True(Engine.SetDnsRecord($"n{i}.test", [IpAddress.Parse("192.0.2.1")]));
        }

        Assert.Throws<ConfigurationException>(() => Add(Web));
        Assert.Empty(Engine.Services);
        Assert.Equal(0, AnswersFor(s_web.Address));
        Assert.True(Engine.RemoveDnsRecord("n7.test"));
        Add(Web);
        Assert.Equal(1, AnswersFor(s_web.Address));
    }

    [Fact]
    public void AddService_OfOneNameTwice_NamesBothAddresses()
    {
        ServiceEntry first = Add(Web);
        Add("""{ "name": "web.test", "address": "10.0.0.9", "port": 80, "target": "unix:#" }""");
        IpAddress other = IpAddress.Parse("10.0.0.9");
        Assert.Equal([s_web.Address, other], Lookup("web.test"));
        Assert.False(Engine.SetDnsRecord("Web.Test.", [other]));
        Assert.False(Engine.RemoveDnsRecord("Web.Test."));
        Engine.RemoveService(first.Id);
        Assert.Equal([other], Lookup("web.test"));
    }

    [Fact]
    public void Connection_ToAService_ReachesTheSocketAndOutlivesItsRemoval()
    {
        using Socket listener = Listen();
        ServiceEntry service = Add(Web);
        Segment answer = Connect(40_000);
        Assert.Equal(TcpFlags.Syn | TcpFlags.Acknowledgment, answer.Flags);
        using Socket peer = listener.Accept();

        Engine.RemoveService(service.Id);
        Assert.Equal(1, AnswersFor(s_web.Address));
        Send(new Segment
        {
            Destination = s_web, Sequence = 1, Acknowledgment = answer.Sequence + 1,
            Flags = TcpFlags.Acknowledgment, Payload = [1, 2, 3],
        }.ToFrame());
        byte[] read = new byte[10];
        Assert.Equal(3, peer.Receive(read));
        Assert.True(Connect(40_001).Flags.HasFlag(TcpFlags.Reset));

        // The connection ends, and with the next change the address is free.
        Send(new Segment { Destination = s_web, Sequence = 4, Flags = TcpFlags.Reset }.ToFrame());
        Engine.RemoveService(Add("""{ "name": "x.test", "port": 1, "target": "unix:#" }""").Id);
        Assert.Equal(0, AnswersFor(s_web.Address));
    }

    [Fact]
    public void Connection_ToASocketThatIsGoneAndBack_IsRefusedMeanwhile()
    {
        Add(Web);
        Assert.True(Connect(40_000).Flags.HasFlag(TcpFlags.Reset));
        using (Listen())
        {
            Assert.False(Connect(40_001).Flags.HasFlag(TcpFlags.Reset));
        }

        Assert.True(Connect(40_002).Flags.HasFlag(TcpFlags.Reset));
        File.Delete(Path);
        using Socket again = Listen();
        Assert.False(Connect(40_003).Flags.HasFlag(TcpFlags.Reset));
    }

    [Fact]
    public void Connection_ToADatagramSocket_IsRefusedAndTheLogSaysSoOnce()
    {
        using Socket datagrams =
            new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        datagrams.Bind(new UnixDomainSocketEndPoint(Path));
        Add(Web);
        Assert.True(Connect(40_000).Flags.HasFlag(TcpFlags.Reset));
        Assert.True(Connect(40_001).Flags.HasFlag(TcpFlags.Reset));
        Assert.Single(_log.Lines, line => line.Contains("no stream socket"));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void Connection_ToATargetWithAName_TriesItsAddressesInTurn(string address)
    {
        using TcpListener listener = new(IPAddress.Parse(address), 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Add(Web.Replace("unix:#", $"tcp:localhost:{port}", StringComparison.Ordinal));
        Assert.Equal(
            TcpFlags.Syn | TcpFlags.Acknowledgment, ConnectLater(40_000).Flags);
        listener.AcceptSocket().Dispose();
        listener.Stop();
        Assert.True(ConnectLater(40_001).Flags.HasFlag(TcpFlags.Reset));
    }

    [Fact]
    public void Connection_ToATargetByTheGuestsNameForTheHost_ReachesTheLoopback()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Add(Web.Replace("unix:#", $"tcp:host.internal:{port}", StringComparison.Ordinal));
        Assert.Equal(
            TcpFlags.Syn | TcpFlags.Acknowledgment, ConnectLater(40_000).Flags);
    }

    [Fact]
    public void Connection_GivenUpBeforeItsNameIsFound_LeavesNothing()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Add(Web.Replace("unix:#", $"tcp:localhost:{port}", StringComparison.Ordinal));
        Segment syn = new()
        {
            Source = VirtualNetwork.GuestEndpoint, Destination = s_web, Flags = TcpFlags.Syn,
        };
        Introduce(VirtualNetwork.Guest);
        _sink.Frames.Clear();
        Input(syn.ToFrame());
        Input((syn with { Sequence = syn.Sequence + 1, Flags = TcpFlags.Reset }).ToFrame());
        Dispatch();
        Assert.True(
            ConnectLater(40_001).Flags.HasFlag(TcpFlags.Syn | TcpFlags.Acknowledgment));
        Assert.Single(Engine.ListFlows());
    }

    [Fact]
    public void AddService_ThatIntercepts_IsTakenFromItsJson()
    {
        using Socket listener = Listen();
        Add("""{ "destination": "198.51.100.0/24", "ports": "80", "target": "unix:#" }""");
        Send(new Segment { Destination = VirtualNetwork.FarEndpoint, Flags = TcpFlags.Syn }
            .ToFrame());
        listener.Accept().Dispose();
    }

    [Theory]
    [InlineData("x", "service", "JSON")]
    [InlineData("null", "service", "object")]
    [InlineData("[]", "service", "braces")]
    [InlineData("""{ "port": 1 }""", "service", "'target'")]
    [InlineData("""{ "name": "a", "port": "1", "target": "unix:/x" }""", "service.port", "number")]
    [InlineData("""{ "destination": "10.0.0.0/8" }""", "intercept", "'target'")]
    [InlineData(
        """{ "destination": "10.0.0.0/8", "port": 1, "target": "unix:/x" }""", "intercept.port",
        "ports")]
    [InlineData(
        """{ "name": "host.internal", "port": 1, "target": "unix:/x" }""", "service.name",
        "built in")]
    [InlineData(
        """{ "address": "192.168.127.250", "port": 80, "target": "unix:/y" }""", "service.port",
        "web.test")]
    [InlineData(
        """{ "address": "192.168.127.9", "port": 80, "target": "unix:/y" }""", "service.address",
        "guest")]
    public void AddService_Wrong_IsRefusedAndLeavesNothing(string json, string key, string remedy)
    {
        Introduce(IpAddress.Parse("192.168.127.9"));
        Add(Web);
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => Add(json));
        Assert.Equal(key, error.Key);
        Assert.Contains(remedy, error.Message, StringComparison.Ordinal);
        Assert.Single(Engine.Services);
    }

    [Fact]
    public void Create_WithANameThatIsBuiltIn_FailsWithItsKey()
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => Create(
            """
            { "services": [{ "name": "gateway.internal", "port": 1, "target": "unix:/x" }] }
            """));
        Assert.Equal("services[0].name", error.Key);
    }

    [Fact]
    public void Calls_FromWithinATurn_AreRefused()
    {
        List<string> refused = [];
        Introduce(VirtualNetwork.Guest);
        _sink.AtCall = () => refused.Add(Assert.Throws<InvalidOperationException>(
            () => Engine.RemoveService(1)).Message);
        AnswersFor(VirtualNetwork.Gateway);
        Assert.NotEmpty(refused);
    }

    private ServiceEntry Add(string json) =>
        Engine.AddService(json.Replace("#", Path, StringComparison.Ordinal));

    private NetworkEngine Create(string json) => NetworkEngine.Create(
        ConfigurationReader.Parse(json), _log,
        new EngineEnvironment { Clock = () => _clock.Now });

    private Socket Listen()
    {
        Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Path));
        listener.Listen(10);
        return listener;
    }

    private void Introduce(IpAddress address) =>
        Send(new ArpFrame { Sender = address, Target = VirtualNetwork.Gateway }.ToFrame());

    // How many ARP replies there are to a request.
    private int AnswersFor(IpAddress address)
    {
        Send(new ArpFrame { Target = address }.ToFrame());
        return _sink.Frames.Count(frame => frame[12] == 8 && frame[13] == 6
            && ArpFrame.ParseFrame(frame) is { Operation: 2 } arp && arp.Sender == address);
    }

    private Segment Connect(ushort port)
    {
        SendSyn(port);
        return AnswerTo(port).Must();
    }

    // The answer waits for another thread.
    private Segment ConnectLater(ushort port)
    {
        SendSyn(port);
        Stopwatch waited = Stopwatch.StartNew();
        while (AnswerTo(port) is null)
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(20), "nothing is answered");
            Thread.Sleep(1);
            Dispatch();
        }

        return AnswerTo(port).Must();
    }

    private void SendSyn(ushort port) => Send(new Segment
    {
        Source = VirtualNetwork.GuestEndpoint with { Port = port }, Destination = s_web,
        Flags = TcpFlags.Syn,
    }.ToFrame());

    private Segment? AnswerTo(ushort port) => _sink.Frames
        .Select(frame => Segment.ParseFrame(frame))
        .SingleOrDefault(segment => segment.Destination.Port == port);

    // The addresses that the gateway answers at once; none for a name that it does not know.
    private IpAddress[] Lookup(string name)
    {
        byte[] encoded = new byte[DomainName.MaxLengthBytes];
        Assert.True(DomainName.TryParse(name, encoded, out int length));
        Send(new Datagram
        {
            Destination = new(VirtualNetwork.Gateway, 53),
            Payload = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. encoded[..length], 0, 1, 0, 1],
        }.ToFrame());
        const int recordBytes = 16;
        byte[] answer = _sink.Frames.Select(frame => Datagram.ParseFrame(frame).Payload)
            .SingleOrDefault() ?? new byte[12];
        return [
            .. answer[^(answer[7] * recordBytes)..].Chunk(recordBytes)
                .Select(record => IpAddress.ReadIPv4(record.AsSpan()[^4..])),
        ];
    }

    // What is sent back is in the sink, and nothing else.
    private void Send(byte[] frame)
    {
        if (_link is null)
        {
            _link = FrameLink.Create(BufferBytes, 1500, Offloads.None, _sink, Assert.Fail);
            Engine.Attach(_link);
        }

        Dispatch();
        _sink.Frames.Clear();
        Input(frame);
        Dispatch();
    }

    private void Input(byte[] frame)
    {
        FrameLink link = _link.Must();
        Assert.True(link.TryInput(
            default, frame.Length, frame, static (room, bytes) => bytes.CopyTo(room)));
        link.Wake();
    }

    private void Dispatch()
    {
        bool hasMore = true;
        for (int i = 0; hasMore && i < 100; i++)
        {
            Assert.True(Engine.Dispatch(1, out hasMore));
        }
    }

    private sealed class KeptLog : IEngineLog
    {
        public List<string> Lines { get; } = [];

        public bool IsEnabled(LogLevel level) => true;

        public void Write(LogLevel level, string message) => Lines.Add(message);
    }
}
