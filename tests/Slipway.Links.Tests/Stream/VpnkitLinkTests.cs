using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Slipway.Wire;
using static Slipway.Links.Tests.LinkBench;

namespace Slipway.Links.Tests;

/// <summary>vpnkit's Ethernet protocol, version 22, as its guests speak it.</summary>
public sealed class VpnkitLinkTests : IDisposable
{
    private const string Uuid = "30D48B34-7D27-4B0B-AAAF-BBBED334DD59";
    private readonly LinkBench _bench = new();
    private readonly List<(MacAddress Mac, IpAddress Wanted)> _reserved = [];
    private string? _refusal;

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Guest_GreetsInPieces_LearnsMacAndMtuAndIsAPort()
    {
        using StreamLink link = Listen();
        using Socket guest = _bench.Connect("s", SocketType.Stream);
        foreach (byte one in Init(22))
        {
            guest.Send([one]);
            _bench.Turn();
        }

        byte[] init = ReadExactly(guest, 49);
        Assert.Equal("VMN3T"u8, init.AsSpan(0, 5));
        Assert.Equal(22u, BinaryPrimitives.ReadUInt32LittleEndian(init.AsSpan(5)));
        byte[] vif = Ask(guest, 1, Uuid, 0);
        Assert.Equal(1, vif[0]);
        Assert.Equal(1_500, BinaryPrimitives.ReadUInt16LittleEndian(vif.AsSpan(1)));
        Assert.Equal(1_550, BinaryPrimitives.ReadUInt16LittleEndian(vif.AsSpan(3)));
        Assert.Equal(0x02, vif[5] & 0x03); // locally administered, unicast
        Assert.Single(_bench.Opened);
        Assert.Empty(_reserved);

        byte[] frame = Frame(1);
        guest.Send([(byte)frame.Length, 0, .. frame]);
        _bench.Until(() => _bench.Frames.Count == 1, "its frame came");
        Assert.Equal(frame, _bench.Frames[0].Frame);
    }

    [Fact]
    public void SameUuid_HasTheSameMac_AnotherOneHasNot()
    {
        using StreamLink link = Listen();
        byte[] first = Greet(1, Uuid, 0)[5..11];
        Assert.Equal(first, Greet(1, Uuid, 0)[5..11]);
        Assert.NotEqual(first, Greet(1, Uuid.Replace('3', '4'), 0)[5..11]);

        // None at all: each has its own.
        Assert.NotEqual(
            Greet(1, new string('\0', 36), 0)[5..11], Greet(1, new string('\0', 36), 0)[5..11]);
    }

    [Fact]
    public void PreferredAddress_IsReservedForTheMacThatIsTold()
    {
        using StreamLink link = Listen();
        byte[] vif = Greet(8, Uuid, 0xC0A8_7F07);
        Assert.Equal(1, vif[0]);
        (MacAddress mac, IpAddress wanted) = Assert.Single(_reserved);
        Assert.Equal(MacAddress.Read(vif.AsSpan(5)), mac);
        Assert.Equal(IpAddress.Parse("192.168.127.7"), wanted);
    }

    [Fact]
    public void PreferredAddress_NotToBeHad_IsToldWhyAndDisconnected()
    {
        _refusal = "Preferred IP address out of range.";
        using StreamLink link = Listen();
        using Socket guest = _bench.Connect("s", SocketType.Stream);
        byte[] answer = Greet(guest, 8, Uuid, 1);
        Assert.Equal(2, answer[0]);
        Assert.Equal(_refusal, Encoding.ASCII.GetString(answer, 2, answer[1]));
        Assert.Equal(0, guest.Receive(new byte[1]));
        Assert.Empty(_bench.Opened);
        Assert.Contains(_refusal, Assert.Single(_bench.Reports), StringComparison.Ordinal);
    }

    [Fact]
    public void Command_Unknown_IsToldAndDisconnected()
    {
        using StreamLink link = Listen();
        byte[] answer = Greet(6, Uuid, 0);
        Assert.Equal("Unsupported command 6", Encoding.ASCII.GetString(answer, 2, answer[1]));
        Assert.Empty(_bench.Opened);
    }

    [Fact]
    public void Version_Another_IsAnsweredWithOursAndDisconnected()
    {
        using StreamLink link = Listen();
        using Socket guest = _bench.Connect("s", SocketType.Stream);
        guest.Send(Init(21));
        _bench.Until(() => _bench.Reports.Count == 1, "it was reported");
        Assert.Equal(
            22u, BinaryPrimitives.ReadUInt32LittleEndian(ReadExactly(guest, 49).AsSpan(5)));
        Assert.Equal(0, guest.Receive(new byte[1]));
        Assert.Contains("version 21", _bench.Reports[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Stranger_IsDisconnectedAtOnce()
    {
        using StreamLink link = Listen();
        using Socket guest = _bench.Connect("s", SocketType.Stream);
        guest.Send("GET /"u8);
        _bench.Until(() => _bench.Reports.Count == 1, "it was reported");
        Assert.Equal(0, guest.Receive(new byte[1]));
    }

    private static byte[] Init(uint version)
    {
        byte[] init = new byte[49];
        "VMN3T"u8.CopyTo(init);
        BinaryPrimitives.WriteUInt32LittleEndian(init.AsSpan(5), version);
        Encoding.ASCII.GetBytes(new string('0', 40)).CopyTo(init, 9);
        return init;
    }

    private StreamLink Listen() => _bench.Listen(StreamProtocol.Vpnkit(1_500, (mac, wanted) =>
    {
        _reserved.Add((mac, wanted));
        return _refusal;
    }));

    private byte[] Greet(byte command, string uuid, uint address)
    {
        using Socket guest = _bench.Connect("s", SocketType.Stream);
        return Greet(guest, command, uuid, address);
    }

    private byte[] Greet(Socket guest, byte command, string uuid, uint address)
    {
        guest.Send(Init(22));
        _bench.Until(() => guest.Available == 49, "the engine answered");
        ReadExactly(guest, 49);
        return Ask(guest, command, uuid, address);
    }

    private byte[] Ask(Socket guest, byte command, string uuid, uint address)
    {
        byte[] asked = new byte[41];
        asked[0] = command;
        Encoding.ASCII.GetBytes(uuid).CopyTo(asked, 1);
        BinaryPrimitives.WriteUInt32LittleEndian(asked.AsSpan(37), address);
        guest.Send(asked);
        _bench.Until(() => guest.Available == 258, "the engine answered");
        return ReadExactly(guest, 258);
    }
}
