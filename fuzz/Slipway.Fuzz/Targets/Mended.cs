using Slipway.Wire;

namespace Slipway.Fuzz.Targets;

/// <summary>Makes checksums right, so that mutation gets behind them.</summary>
internal static class Mended
{
    /// <summary>An IPv4 packet with its header's checksum.</summary>
    public static byte[] Ipv4(ReadOnlySpan<byte> packet)
    {
        byte[] mended = packet.ToArray();
        int header = mended.Length == 0 ? 0 : (mended[0] & 0xf) * 4;
        if (header >= 20 && header <= mended.Length)
        {
            Put(mended, 10, header);
        }

        return mended;
    }

    private static void Put(byte[] bytes, int at, int length)
    {
        bytes[at] = bytes[at + 1] = 0;
        ushort sum = InternetChecksum.Compute(bytes.AsSpan(0, length));
        (bytes[at], bytes[at + 1]) = ((byte)(sum >> 8), (byte)sum);
    }
}
