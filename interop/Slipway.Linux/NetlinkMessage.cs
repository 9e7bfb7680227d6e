using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// One message of what a netlink socket received (netlink(7)). Each is
/// <c>length, header included (4) | type (2) | flags (2) | sequence (4) | port (4) | body</c>,
/// padded to 4.
/// </summary>
public readonly ref struct NetlinkMessage
{
    /// <summary>sizeof(struct nlmsghdr).</summary>
    public const int HeaderBytes = 16;

    private NetlinkMessage(ushort type, ReadOnlySpan<byte> body)
    {
        Type = type;
        Body = body;
    }

    /// <summary>See <see cref="Netlink"/>.</summary>
    public ushort Type { get; }

    /// <summary>What follows the header, as far as it was received.</summary>
    public ReadOnlySpan<byte> Body { get; }

    /// <summary>How an answer ended: 0 or a negated errno.</summary>
    public int Status => Body.Length >= sizeof(int) ? MemoryMarshal.Read<int>(Body) : -Errno.EIO;

    /// <summary>Takes the first message off the bytes; false when there is none whole.</summary>
    public static bool TryTake(ref ReadOnlySpan<byte> bytes, out NetlinkMessage message)
    {
        message = default;
        if (bytes.Length < HeaderBytes)
        {
            return false;
        }

        uint length = MemoryMarshal.Read<uint>(bytes);
        if (length < HeaderBytes || length > (uint)bytes.Length)
        {
            return false;
        }

        message = new NetlinkMessage(
            MemoryMarshal.Read<ushort>(bytes[4..]), bytes[HeaderBytes..(int)length]);
        bytes = bytes[Math.Min(((int)length + 3) & ~3, bytes.Length)..];
        return true;
    }
}
