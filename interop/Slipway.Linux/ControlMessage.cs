using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// Control messages (cmsg(3)) as bytes. On 64-bit machines each is
/// <c>length, header included (8) | level (4) | type (4) | payload | padding to 8</c>.
/// </summary>
public static class ControlMessage
{
    /// <summary>sizeof(struct cmsghdr).</summary>
    public const int HeaderBytes = 16;

    /// <summary>CMSG_SPACE(sizeof(int)).</summary>
    public const int NumberBytes = HeaderBytes + 8;

    /// <summary>Writes a message with a number at the head of the span; its length.</summary>
    public static int Write(Span<byte> destination, int level, int type, int value)
    {
        destination[..NumberBytes].Clear();
        MemoryMarshal.Write(destination, (ulong)(HeaderBytes + sizeof(int)));
        MemoryMarshal.Write(destination[8..], level);
        MemoryMarshal.Write(destination[12..], type);
        MemoryMarshal.Write(destination[HeaderBytes..], value);
        return NumberBytes;
    }

    /// <summary>
    /// Writes a message with a 16-bit number, as UDP_SEGMENT is; its length.
    /// </summary>
    public static int WriteShort(Span<byte> destination, int level, int type, ushort value)
    {
        destination[..NumberBytes].Clear();
        MemoryMarshal.Write(destination, (ulong)(HeaderBytes + sizeof(ushort)));
        MemoryMarshal.Write(destination[8..], level);
        MemoryMarshal.Write(destination[12..], type);
        MemoryMarshal.Write(destination[HeaderBytes..], value);
        return NumberBytes;
    }

    /// <summary>Bytes that a message with a payload takes: CMSG_SPACE.</summary>
    public static int SpaceOf(int payloadBytes) => HeaderBytes + ((payloadBytes + 7) & ~7);

    /// <summary>Writes a message with bytes; its length.</summary>
    public static int Write(
        Span<byte> destination, int level, int type, ReadOnlySpan<byte> payload)
    {
        int length = SpaceOf(payload.Length);
        destination[..length].Clear();
        MemoryMarshal.Write(destination, (ulong)(HeaderBytes + payload.Length));
        MemoryMarshal.Write(destination[8..], level);
        MemoryMarshal.Write(destination[12..], type);
        payload.CopyTo(destination[HeaderBytes..]);
        return length;
    }

    /// <summary>The payload of the first message of a kind; empty when there is none.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> control, int level, int type)
    {
        while (control.Length >= HeaderBytes)
        {
            ulong length = MemoryMarshal.Read<ulong>(control);
            if (length < HeaderBytes || length > (ulong)control.Length)
            {
                return default;
            }

            if (MemoryMarshal.Read<int>(control[8..]) == level
                && MemoryMarshal.Read<int>(control[12..]) == type)
            {
                return control[HeaderBytes..(int)length];
            }

            int aligned = ((int)length + 7) & ~7;
            control = control[Math.Min(aligned, control.Length)..];
        }

        return default;
    }
}
