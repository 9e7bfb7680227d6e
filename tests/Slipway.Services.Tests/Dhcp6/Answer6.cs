using System.Buffers.Binary;
using System.Globalization;
using Slipway.Wire;

namespace Slipway.Services.Tests.Dhcp6;

/// <summary>An answer, read by the code that reads requests.</summary>
internal sealed record Answer6(Dhcp6Reply Meta, byte[] Bytes)
{
    public Dhcp6MessageType Type => Message().MessageType;

    /// <summary>The one address that is given; null if none is.</summary>
    public string? Address => Addresses.Find(text => !text.EndsWith(" 0", StringComparison.Ordinal))
        ?.Split(' ')[0];

    /// <summary>Each IAADDR: the address and its valid lifetime.</summary>
    public List<string> Addresses => Within((code, value) =>
        code == Dhcp6Option.Address
        && Dhcp6Address.TryRead(value, out Dhcp6Address address) == ParseError.None
            ? string.Create(
                CultureInfo.InvariantCulture, $"{address.Address} {address.ValidSeconds}") : null);

    /// <summary>The status of each IA that has one.</summary>
    public List<string> AssociationStatuses =>
        Within((code, value) => code == Dhcp6Option.StatusCode ? Code(value).ToString() : null);

    /// <summary>The status of the message; null if it has none.</summary>
    public Dhcp6StatusCode? Status =>
        Message().TryGetOption(Dhcp6Option.StatusCode, out ReadOnlySpan<byte> value)
            ? Code(value) : null;

    public Dhcp6Message Message()
    {
        Assert.Equal(ParseError.None, Dhcp6Message.TryParse(Bytes, out Dhcp6Message message));
        return message;
    }

    /// <summary>An option in hexadecimal; null if it is absent.</summary>
    public string? Option(Dhcp6Option option) =>
        Message().TryGetOption(option, out ReadOnlySpan<byte> value)
            ? Convert.ToHexStringLower(value) : null;

    private static Dhcp6StatusCode Code(ReadOnlySpan<byte> value) =>
        (Dhcp6StatusCode)BinaryPrimitives.ReadUInt16BigEndian(value);

    private List<string> Within(Func<Dhcp6Option, byte[], string?> read)
    {
        List<string> found = [];
        Dhcp6OptionReader options = Message().Options;
        while (options.TryRead(out Dhcp6Option code, out ReadOnlySpan<byte> value))
        {
            if (Dhcp6Association.TryParse(code, value, out Dhcp6Association association)
                != ParseError.None)
            {
                continue;
            }

            Dhcp6OptionReader inner = association.Options;
            while (inner.TryRead(out Dhcp6Option part, out ReadOnlySpan<byte> bytes))
            {
                if (read(part, bytes.ToArray()) is string text)
                {
                    found.Add(text);
                }
            }
        }

        return found;
    }
}
