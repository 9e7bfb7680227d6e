using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>
/// A message of neighbor discovery as a test writes and reads it (RFC 4861 section 4). A template:
/// a guest's solicitation for the gateway.
/// </summary>
public sealed record NeighborMessage
{
    /// <summary>
    /// 133 and 134 are router solicitation and advertisement, 135 and 136 the neighbors', 137 is a
    /// redirect.
    /// </summary>
    public byte Type { get; init; } = 135;

    public byte Code { get; init; }

    public MacAddress SourceMac { get; init; } = VirtualNetwork.GuestMac;

    /// <summary>Of the frame; what the destination asks for if null.</summary>
    public MacAddress? DestinationMac { get; init; }

    public IpAddress Source { get; init; } = VirtualNetwork.Guest6;

    /// <summary>The target's group if not set.</summary>
    public IpAddress? Destination { get; init; }

    public byte HopLimit { get; init; } = 255;

    /// <summary>Bytes 4 to 7: flags of a neighbor advertisement, or what a router says.</summary>
    public uint RestOfHeader { get; init; }

    /// <summary>Of a message about a neighbor.</summary>
    public IpAddress Target { get; init; } = VirtualNetwork.Gateway6;

    /// <summary>The option that says a MAC: 1 from who asks, 2 from who answers.</summary>
    public MacAddress? LinkLayer { get; init; }

    /// <summary>What stands before the options of a router advertisement: two timers.</summary>
    public byte[] Timers { get; init; } = [];

    /// <summary>Other options: type, length in eight bytes, value.</summary>
    public byte[] Options { get; init; } = [];

    public (IpProtocol Kind, byte[] Bytes)[] Extensions { get; init; } = [];

    public bool BadChecksum { get; init; }

    private bool HasTarget => Type >= 135;

    public IpAddress To => Destination ?? GroupOf(Target);

    /// <summary>Where who has the address listens: ff02::1:ffxx:xxxx.</summary>
    public static IpAddress GroupOf(IpAddress address) =>
        new(0xff02_0000_0000_0000, 0x1_ff00_0000 | (address.Low & 0xff_ffff));

    /// <summary>Where a group's frames go: 33:33 and its last 32 bits.</summary>
    public static MacAddress MacOf(IpAddress group) => new(0x3333_0000_0000ul | (uint)group.Low);

    public IcmpPacket ToIcmp()
    {
        byte[] target = new byte[HasTarget ? 16 : 0];
        if (HasTarget)
        {
            Target.WriteIPv6(target);
        }

        return new IcmpPacket
        {
            Source = Source, Destination = To, Type = Type, Code = Code,
            RestOfHeader = RestOfHeader, BadChecksum = BadChecksum,
            Body = [.. Type == 137 ? [.. target, .. target] : target, .. Timers,
                .. LinkLayerOption(), .. Options],
        };
    }

    public Ipv6Packet ToPacket() => ToIcmp().ToPacket6() with
    {
        HopLimit = HopLimit, Extensions = Extensions,
    };

    public byte[] ToFrame() => ToFrame(ToPacket());

    /// <summary>A packet in a frame from and to the message's MACs.</summary>
    public byte[] ToFrame(Ipv6Packet packet) => (packet.ToEthernet() with
    {
        Source = SourceMac,
        Destination = DestinationMac
            ?? (To.IsMulticast ? MacOf(To) : VirtualNetwork.GatewayMac),
    }).ToBytes();

    /// <summary>Reads a message that the engine sent; its options must be whole.</summary>
    public static NeighborMessage Parse(IcmpPacket message)
    {
        Malformed.If(message.Type is < 133 or > 137 || message.Code != 0, "no neighbor discovery");
        bool hasTarget = message.Type >= 135;
        int fixedBytes = hasTarget ? 16 : message.Type == 134 ? 8 : 0;
        Malformed.If(message.Body.Length < fixedBytes, "less than its fixed part");
        ReadOnlySpan<byte> options = message.Body.AsSpan(fixedBytes);
        MacAddress? linkLayer = null;
        while (!options.IsEmpty)
        {
            int length = options.Length < 8 ? 0 : options[1] * 8;
            Malformed.If(length == 0 || length > options.Length, "a bad option");
            linkLayer = options[0] is 1 or 2 ? MacAddress.Read(options[2..]) : linkLayer;
            options = options[length..];
        }

        return new NeighborMessage
        {
            Type = message.Type,
            Source = message.Source,
            Destination = message.Destination,
            RestOfHeader = message.RestOfHeader,
            Target = hasTarget ? IpAddress.ReadIPv6(message.Body) : default,
            LinkLayer = linkLayer,
            Timers = hasTarget ? [] : message.Body[..fixedBytes],
            Options = message.Body[fixedBytes..],
        };
    }

    /// <summary>Reads a frame to a guest that must carry neighbor discovery.</summary>
    public static NeighborMessage ParseFrame(ReadOnlySpan<byte> frame)
    {
        EthernetFrame ethernet = EthernetFrame.Parse(frame);
        return Parse(IcmpPacket.ParseFrame(frame)) with
        {
            SourceMac = ethernet.Source, DestinationMac = ethernet.Destination,
        };
    }

    /// <summary>The values of an option that a message has, without type and length.</summary>
    public byte[][] OptionsOf(byte type)
    {
        List<byte[]> found = [];
        for (int at = 0; at < Options.Length; at += Options[at + 1] * 8)
        {
            if (Options[at] == type)
            {
                found.Add(Options[(at + 2)..(at + (Options[at + 1] * 8))]);
            }
        }

        return [.. found];
    }

    private byte[] LinkLayerOption()
    {
        if (LinkLayer is not MacAddress mac)
        {
            return [];
        }

        byte[] option = new byte[8];
        BinaryPrimitives.WriteUInt16BigEndian(
            option, (ushort)(((Type is 136 or 137 ? 2 : 1) << 8) | 1));
        mac.Write(option.AsSpan(2));
        return option;
    }
}
