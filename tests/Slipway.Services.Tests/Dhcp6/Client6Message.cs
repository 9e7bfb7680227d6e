using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Services.Tests.Dhcp6;

/// <summary>
/// Builds what a client sends; each test states only what differs from a plain message.
/// </summary>
internal sealed class Client6Message
{
    private readonly List<byte> _bytes = [];

    public Client6Message(Dhcp6MessageType type)
    {
        _bytes.AddRange([(byte)type, 0xaa, 0xbb, 0xcc]);
    }

    public static byte[] Duid(int client) =>
        Convert.FromHexString($"0004{client:x32}");

    /// <summary>A message with what its type must have.</summary>
    public static Client6Message Of(Dhcp6MessageType type, int client)
    {
        Client6Message message = new Client6Message(type)
            .With(Dhcp6Option.ClientIdentifier, Duid(client));
        return type is Dhcp6MessageType.Request or Dhcp6MessageType.Renew
            or Dhcp6MessageType.Release or Dhcp6MessageType.Decline
            ? message.ForServer() : message;
    }

    public static Client6Message Solicit(int client) => Of(Dhcp6MessageType.Solicit, client);

    public Client6Message With(Dhcp6Option option, params byte[] value)
    {
        _bytes.AddRange(Option(option, value));
        return this;
    }

    public Client6Message ForServer() => With(
        Dhcp6Option.ServerIdentifier, Convert.FromHexString("000300015a94efe40cdd"));

    public Client6Message Asking(params Dhcp6Option[] options) =>
        With(Dhcp6Option.OptionRequest, [.. options.SelectMany(Code)]);

    /// <summary>An IA_NA with these addresses.</summary>
    public Client6Message Addresses(uint identifier, params string[] addresses) => With(
        Dhcp6Option.NonTemporaryAddresses,
        [.. Number(identifier), .. new byte[8], .. addresses.SelectMany(AddressOption)]);

    public Client6Message Temporary(uint identifier, params string[] addresses) => With(
        Dhcp6Option.TemporaryAddresses,
        [.. Number(identifier), .. addresses.SelectMany(AddressOption)]);

    public Client6Message Prefix(uint identifier) =>
        With(Dhcp6Option.DelegatedPrefixes, [.. Number(identifier), .. new byte[8]]);

    /// <summary>Option 39 with its name in labels, and asked for.</summary>
    public Client6Message Named(string label, byte flags = 1) =>
        With(
            Dhcp6Option.ClientName,
            [flags, (byte)label.Length, .. System.Text.Encoding.Latin1.GetBytes(label)])
        .Asking(Dhcp6Option.ClientName);

    public byte[] ToArray() => [.. _bytes];

    private static byte[] AddressOption(string address)
    {
        byte[] value = new byte[Dhcp6Address.LengthBytes];
        new Dhcp6Address(IpAddress.Parse(address), 0, 0).Write(value);
        return Option(Dhcp6Option.Address, value);
    }

    private static byte[] Option(Dhcp6Option option, byte[] value) =>
        [.. Code(option), (byte)(value.Length >> 8), (byte)value.Length, .. value];

    private static byte[] Code(Dhcp6Option option) =>
        [(byte)((int)option >> 8), (byte)option];

    private static byte[] Number(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }
}
