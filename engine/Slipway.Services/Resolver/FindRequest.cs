using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>The body of a question for a name's addresses.</summary>
/// <param name="Name">In wire form.</param>
/// <param name="IPv4">IPv4, or else IPv6.</param>
/// <param name="Link">Whose it is, by its link: a guest has a share of the threads.</param>
/// <param name="DeadlineMs">From when it is asked.</param>
internal readonly record struct FindRequest(
    byte[] Name, bool IPv4, int Link, int DeadlineMs)
{
    private const int DeadlineOffset = 4;
    private const int NameOffset = 8;
    private const int MaxDeadlineMs = 600_000;
    private const byte FourCode = 4;
    private const byte SixCode = 6;

    public static ParseError Check(in ResolverMessage message)
    {
        ReadOnlySpan<byte> body = message.Body;
        if (message.Code is not (FourCode or SixCode))
        {
            return ParseError.AddressType;
        }

        if (body.Length <= NameOffset)
        {
            return ParseError.Truncated;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(body[DeadlineOffset..]) > MaxDeadlineMs)
        {
            return ParseError.Field;
        }

        return IsName(body[NameOffset..]) ? ParseError.None : ParseError.Name;
    }

    public static FindRequest Read(in ResolverMessage message) => new(
        message.Body[NameOffset..].ToArray(), message.Code == FourCode,
        BinaryPrimitives.ReadInt32LittleEndian(message.Body),
        BinaryPrimitives.ReadInt32LittleEndian(message.Body[DeadlineOffset..]));

    public byte[] Write(uint id)
    {
        Span<byte> body = stackalloc byte[NameOffset + DomainName.MaxLengthBytes];
        BinaryPrimitives.WriteInt32LittleEndian(body, Link);
        BinaryPrimitives.WriteInt32LittleEndian(
            body[DeadlineOffset..], Math.Clamp(DeadlineMs, 0, MaxDeadlineMs));
        Name.CopyTo(body[NameOffset..]);
        return ResolverMessage.Write(
            ResolverMessageKind.Find, IPv4 ? FourCode : SixCode, id,
            body[..(NameOffset + Name.Length)]);
    }

    /// <summary>Labels up to the root's, and nothing behind it.</summary>
    private static bool IsName(ReadOnlySpan<byte> name)
    {
        int at = 0;
        while (at < name.Length && name[at] is > 0 and <= 63)
        {
            at += name[at] + 1;
        }

        return at < name.Length && name[at] == 0 && at == name.Length - 1
            && name.Length <= DomainName.MaxLengthBytes;
    }
}
