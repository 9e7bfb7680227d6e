using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// What identifies a lease (RFC 8415 section 12.1): the client's DUID with the IAID behind it.
/// </summary>
internal static class AssociationKey
{
    /// <summary>Length of the longest key, in bytes.</summary>
    public const int MaxLengthBytes = Wire.Duid.MaxLengthBytes + IdentifierLengthBytes;

    private const int IdentifierLengthBytes = Dhcp6Association.IdentifierLengthBytes;

    /// <summary>Makes a key.</summary>
    /// <param name="duid">The client's, of a length that is allowed.</param>
    /// <param name="identifier">The IAID.</param>
    /// <param name="room">Room for <see cref="MaxLengthBytes"/>.</param>
    public static ReadOnlySpan<byte> Write(
        ReadOnlySpan<byte> duid, uint identifier, Span<byte> room)
    {
        duid.CopyTo(room);
        BinaryPrimitives.WriteUInt32BigEndian(room[duid.Length..], identifier);
        return room[..(duid.Length + IdentifierLengthBytes)];
    }

    /// <summary>The DUID of a key; empty for bytes that are none, from a file.</summary>
    public static ReadOnlySpan<byte> Duid(ReadOnlySpan<byte> key) =>
        key[..Math.Max(0, key.Length - IdentifierLengthBytes)];
}
