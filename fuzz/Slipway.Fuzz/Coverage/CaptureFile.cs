using System.Buffers.Binary;

namespace Slipway.Fuzz;

/// <summary>
/// Ethernet frames of a capture in pcap's form (draft-ietf-opsawg-pcap): a header of 24 bytes, and
/// before each frame 16 that end with its length here and on the wire.
/// </summary>
internal static class CaptureFile
{
    private const int HeaderBytes = 24;
    private const int RecordBytes = 16;
    private const uint LinkTypeEthernet = 1;

    /// <summary>Its frames, up to where it is broken; none where it is of another kind.</summary>
    public static IEnumerable<byte[]> Read(byte[] file)
    {
        uint magic = file.Length < HeaderBytes ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(file);
        bool isLittle = magic is 0xa1b2c3d4 or 0xa1b23c4d;
        bool isBig = BinaryPrimitives.ReverseEndianness(magic) is 0xa1b2c3d4 or 0xa1b23c4d;
        if (!(isLittle || isBig)
            || (Number(file, 20, isLittle) & 0xffff) != LinkTypeEthernet)
        {
            yield break;
        }

        for (int at = HeaderBytes; at + RecordBytes <= file.Length;)
        {
            uint length = Number(file, at + 8, isLittle);
            at += RecordBytes;
            if (length > file.Length - at)
            {
                yield break;
            }

            yield return file[at..(at + (int)length)];
            at += (int)length;
        }
    }

    private static uint Number(byte[] file, int at, bool isLittle) => isLittle
        ? BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at))
        : BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at));
}
