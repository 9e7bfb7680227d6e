using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// What identifies a client or a server (RFC 8415 section 11), taken as a whole; only a type that
/// holds an Ethernet address is looked into, since guests are known by theirs.
/// <code>
/// +---------------+----------------+
/// | type 3 (LL)   | hardware type  | link-layer address
/// | type 1 (LLT)  | hardware type  | time (4)  link-layer address
/// +---------------+----------------+
/// </code>
/// </summary>
public static class Duid
{
    /// <summary>The type and one octet (section 11.1), in bytes.</summary>
    public const int MinLengthBytes = 3;

    /// <summary>The type and 128 octets (section 11.1), in bytes.</summary>
    public const int MaxLengthBytes = 130;

    /// <summary>Length of a DUID-LL of Ethernet, in bytes.</summary>
    public const int LinkLayerLengthBytes = LinkLayerOffset + MacAddress.LengthBytes;

    private const ushort LinkLayerTimeType = 1;
    private const ushort LinkLayerType = 3;
    private const ushort Ethernet = 1;
    private const int HardwareTypeOffset = 2;
    private const int LinkLayerOffset = 4;
    private const int LinkLayerTimeOffset = 8;

    /// <summary>True for a length that a DUID may have.</summary>
    public static bool IsValidLength(int lengthBytes) =>
        lengthBytes is >= MinLengthBytes and <= MaxLengthBytes;

    /// <summary>The Ethernet address in a DUID-LL or DUID-LLT; false in any other.</summary>
    public static bool TryGetMac(ReadOnlySpan<byte> duid, out MacAddress mac)
    {
        mac = default;
        if (duid.Length < LinkLayerLengthBytes
            || BinaryPrimitives.ReadUInt16BigEndian(duid[HardwareTypeOffset..]) != Ethernet)
        {
            return false;
        }

        int offset = BinaryPrimitives.ReadUInt16BigEndian(duid) switch
        {
            LinkLayerType => LinkLayerOffset,
            LinkLayerTimeType => LinkLayerTimeOffset,
            _ => duid.Length,
        };
        if (duid.Length != offset + MacAddress.LengthBytes)
        {
            return false;
        }

        mac = MacAddress.Read(duid[offset..]);
        return true;
    }

    /// <summary>Makes a DUID-LL (section 11.4): it needs no store to stay the same.</summary>
    public static byte[] OfLinkLayer(MacAddress mac)
    {
        byte[] duid = new byte[LinkLayerLengthBytes];
        BinaryPrimitives.WriteUInt16BigEndian(duid, LinkLayerType);
        BinaryPrimitives.WriteUInt16BigEndian(duid.AsSpan(HardwareTypeOffset), Ethernet);
        mac.Write(duid.AsSpan(LinkLayerOffset));
        return duid;
    }
}
