using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Services.Tests.Dhcp;

/// <summary>
/// Builds what a client sends; each test states only what differs from a plain message.
/// </summary>
internal sealed class ClientMessage
{
    private readonly byte[] _fixed = new byte[240];
    private readonly List<byte> _options = [];

    public ClientMessage(DhcpMessageType type, MacAddress mac)
    {
        Mac = mac;
        Type = type;
        _fixed[0] = 1;
        _fixed[1] = 1;
        _fixed[2] = 6;
        BinaryPrimitives.WriteUInt32BigEndian(_fixed.AsSpan(4), 0x1234_5678);
        mac.Write(_fixed.AsSpan(28));
        BinaryPrimitives.WriteUInt32BigEndian(_fixed.AsSpan(236), 0x6382_5363);
        if (type != DhcpMessageType.None)
        {
            With(DhcpOption.MessageType, (byte)type);
        }
    }

    public MacAddress Mac { get; }

    public static ClientMessage Discover(int client) => Of(DhcpMessageType.Discover, client);

    public static ClientMessage Request(int client) => Of(DhcpMessageType.Request, client);

    public static ClientMessage Decline(int client) => Of(DhcpMessageType.Decline, client);

    public static ClientMessage Release(int client) => Of(DhcpMessageType.Release, client);

    public static ClientMessage Inform(int client) => Of(DhcpMessageType.Inform, client);

    private static ClientMessage Of(DhcpMessageType type, int client) =>
        new(type, DhcpExchange.Mac(client));

    public DhcpMessageType Type { get; }

    public ClientMessage With(DhcpOption option, params byte[] value)
    {
        _options.Add((byte)option);
        _options.Add((byte)value.Length);
        _options.AddRange(value);
        return this;
    }

    public ClientMessage With(DhcpOption option, string address)
    {
        byte[] bytes = new byte[4];
        IpAddress.Parse(address).WriteIPv4(bytes);
        return With(option, bytes);
    }

    public ClientMessage Named(string name) =>
        With(DhcpOption.HostName, System.Text.Encoding.Latin1.GetBytes(name));

    public ClientMessage Asking(params DhcpOption[] options) =>
        With(DhcpOption.ParameterRequestList, [.. options.Select(option => (byte)option)]);

    public ClientMessage From(string clientAddress)
    {
        IpAddress.Parse(clientAddress).WriteIPv4(_fixed.AsSpan(12));
        return this;
    }

    public ClientMessage By(string relay)
    {
        IpAddress.Parse(relay).WriteIPv4(_fixed.AsSpan(24));
        return this;
    }

    public ClientMessage Broadcast()
    {
        _fixed[10] = 0x80;
        return this;
    }

    public ClientMessage Raw(params byte[] options)
    {
        _options.AddRange(options);
        return this;
    }

    public byte[] ToArray() => [.. _fixed, .. _options, 255];
}
