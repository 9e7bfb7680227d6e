using System.Buffers.Binary;
using System.Text;
using Slipway.Wire;

namespace Slipway.Simulation;

/// <summary>What a client sends (RFC 2131 section 2).</summary>
internal sealed record DhcpClientMessage(DhcpMessageType Type, MacAddress Mac, uint Transaction)
{
    /// <summary>ciaddr.</summary>
    public IpAddress Client { get; init; } = IpAddress.IPv4Any;

    /// <summary>Option 50.</summary>
    public IpAddress? Requested { get; init; }

    /// <summary>Option 54.</summary>
    public IpAddress? Server { get; init; }

    /// <summary>Option 12.</summary>
    public string? Name { get; init; }

    public bool WantsBroadcast { get; init; }

    public byte[] ToBytes()
    {
        byte[] head = new byte[DhcpMessage.FixedLengthBytes];
        (head[0], head[1], head[2]) = (1, 1, 6);
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(4), Transaction);
        head[10] = WantsBroadcast ? (byte)0x80 : (byte)0;
        Client.WriteIPv4(head.AsSpan(12));
        Mac.Write(head.AsSpan(28));
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(236), 0x6382_5363);
        List<byte> bytes = [.. head];
        Add(bytes, DhcpOption.MessageType, [(byte)Type]);
        Add(bytes, DhcpOption.RequestedAddress, Requested);
        Add(bytes, DhcpOption.ServerIdentifier, Server);
        if (Name is not null)
        {
            Add(bytes, DhcpOption.HostName, Encoding.ASCII.GetBytes(Name));
        }

        bytes.Add(255);
        return [.. bytes];
    }

    private static void Add(List<byte> bytes, DhcpOption option, IpAddress? address)
    {
        if (address is IpAddress one)
        {
            byte[] value = new byte[IpAddress.IPv4LengthBytes];
            one.WriteIPv4(value);
            Add(bytes, option, value);
        }
    }

    private static void Add(List<byte> bytes, DhcpOption option, byte[] value)
    {
        bytes.Add((byte)option);
        bytes.Add((byte)value.Length);
        bytes.AddRange(value);
    }
}
