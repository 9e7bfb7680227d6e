using System.Buffers.Binary;

namespace Slipway.Services;

/// <summary>Messages on a stream: the length in two bytes, then the message (RFC 7766).</summary>
internal static class MessageFraming
{
    private const int LengthBytes = 2;

    /// <summary>A message under an id, with its length before it.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> message, ushort id)
    {
        byte[] framed = new byte[LengthBytes + message.Length];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
        message.CopyTo(framed.AsSpan(LengthBytes));
        BinaryPrimitives.WriteUInt16BigEndian(framed.AsSpan(LengthBytes), id);
        return framed;
    }

    /// <exception cref="EndOfStreamException">It ends before the message does.</exception>
    public static async Task<byte[]> ReadAsync(Stream stream, CancellationToken stop)
    {
        byte[] length = new byte[LengthBytes];
        await stream.ReadExactlyAsync(length, stop).ConfigureAwait(false);
        byte[] message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        await stream.ReadExactlyAsync(message, stop).ConfigureAwait(false);
        return message;
    }
}
