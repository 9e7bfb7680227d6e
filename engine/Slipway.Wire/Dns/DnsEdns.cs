using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// What an OPT pseudo-record says (RFC 6891 section 6.1).
/// <code>
/// NAME 0 | TYPE 41 | CLASS: sender's UDP payload size | TTL: extended RCODE (8), VERSION (8),
/// DO (1), Z (15) | RDLEN | options
/// </code>
/// </summary>
/// <param name="IsPresent">There is such a record.</param>
/// <param name="UdpSizeBytes">As sent; values under 512 count as 512.</param>
/// <param name="DnssecOk">DO: signatures are wanted (RFC 3225); a response repeats it.</param>
public readonly record struct DnsEdns(bool IsPresent, int UdpSizeBytes, byte Version, bool DnssecOk)
{
    /// <summary>Length of the record without options, in bytes.</summary>
    public const int LengthBytes = 11;

    /// <summary>
    /// The payload that every host must take without EDNS (RFC 1035 section 4.2.1).
    /// </summary>
    public const int MinimumUdpSizeBytes = 512;

    /// <summary>
    /// What this server says it takes: fits a 1280-byte path (DNS flag day 2020).
    /// </summary>
    public const int OwnUdpSizeBytes = 1_232;

    /// <summary>The largest UDP payload over IPv4, in bytes.</summary>
    public const int MaximumUdpSizeBytes = 65_507;

    /// <summary>The largest response over UDP to who sent this.</summary>
    public int ResponseLimitBytes => IsPresent
        ? Math.Clamp(UdpSizeBytes, MinimumUdpSizeBytes, MaximumUdpSizeBytes) : MinimumUdpSizeBytes;

    /// <summary>Writes a response's record of <see cref="LengthBytes"/>.</summary>
    public static void Write(Span<byte> destination, DnsResponseCode code, bool dnssecOk)
    {
        destination[0] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(destination[1..], (ushort)DnsType.Opt);
        BinaryPrimitives.WriteUInt16BigEndian(destination[3..], OwnUdpSizeBytes);
        destination[5] = (byte)((ushort)code >> 4);
        destination[6] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(
            destination[7..], dnssecOk ? (ushort)0x8000 : (ushort)0);
        BinaryPrimitives.WriteUInt16BigEndian(destination[9..], 0);
    }

    internal static DnsEdns From(ushort recordClass, uint ttl) =>
        new(IsPresent: true, recordClass, (byte)(ttl >> 16), (ttl & 0x8000) != 0);
}
