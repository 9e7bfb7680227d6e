using System.Buffers.Binary;
using Slipway.Linux;

namespace Slipway.Links;

/// <summary>
/// A message from the VMM as it comes in, in as many pieces as the socket likes, with the
/// descriptors that came with it. Those that nobody took are closed.
/// <code>
///   request u32 | flags u32 | size u32 | payload of that size
///   flags: version 1 in bits 0 and 1, reply in bit 2, need_reply in bit 3
/// </code>
/// </summary>
internal sealed class VhostUserMessage
{
    internal const int HeaderBytes = 12;

    /// <summary>The longest payload is a table of 8 regions, of 264 bytes.</summary>
    internal const int MaximumPayloadBytes = 512;

    /// <summary>VHOST_MEMORY_BASELINE_NREGIONS: a message has no more descriptors.</summary>
    internal const int MaximumDescriptors = 8;

    internal const uint Version = 1;
    internal const uint VersionMask = 3;
    internal const uint FlagReply = 4;
    internal const uint FlagNeedReply = 8;

    private readonly byte[] _bytes = new byte[HeaderBytes + MaximumPayloadBytes];
    private readonly int[] _descriptors = new int[MaximumDescriptors];
    private int _lengthBytes;

    /// <summary>What became of an attempt to read.</summary>
    internal enum Progress
    {
        /// <summary>The rest has not come.</summary>
        Waiting,

        /// <summary>The message is whole.</summary>
        Complete,

        /// <summary>The VMM has gone.</summary>
        Closed,

        /// <summary>The VMM does not speak the protocol.</summary>
        Malformed,
    }

    internal VhostUserRequest Request =>
        (VhostUserRequest)BinaryPrimitives.ReadUInt32LittleEndian(_bytes);

    internal bool NeedsReply => (Flags & FlagNeedReply) != 0;

    internal ReadOnlySpan<byte> Payload => _bytes.AsSpan(HeaderBytes, PayloadBytes);

    internal int DescriptorCount { get; private set; }

    private uint Flags => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(4));

    private int PayloadBytes => (int)Math.Min(
        BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(8)), int.MaxValue);

    internal ulong U64(int offset) =>
        BinaryPrimitives.ReadUInt64LittleEndian(Payload[offset..]);

    internal uint U32(int offset) =>
        BinaryPrimitives.ReadUInt32LittleEndian(Payload[offset..]);

    internal ushort U16(int offset) =>
        BinaryPrimitives.ReadUInt16LittleEndian(Payload[offset..]);

    /// <summary>Hands over a descriptor, which is the caller's to close; -1 for none.</summary>
    internal int TakeDescriptor(int index)
    {
        if (index >= DescriptorCount)
        {
            return -1;
        }

        int descriptor = _descriptors[index];
        _descriptors[index] = -1;
        return descriptor;
    }

    /// <summary>
    /// Reads no further than the message's end: the descriptors of the next come with the next.
    /// </summary>
    internal Progress Read(int socket)
    {
        while (true)
        {
            int wanted = _lengthBytes < HeaderBytes
                ? HeaderBytes - _lengthBytes : HeaderBytes + PayloadBytes - _lengthBytes;
            if (wanted == 0)
            {
                return Progress.Complete;
            }

            int received = Sockets.ReceiveWithDescriptors(
                socket, _bytes.AsSpan(_lengthBytes, wanted),
                _descriptors.AsSpan(DescriptorCount), out int count, out bool isTruncated);
            DescriptorCount += count;
            if (received <= 0)
            {
                return received is -Errno.EAGAIN or -Errno.EINTR
                    ? Progress.Waiting : Progress.Closed;
            }

            _lengthBytes += received;
            bool isWrong = isTruncated || (_lengthBytes >= HeaderBytes
                && (PayloadBytes > MaximumPayloadBytes
                    || (Flags & (VersionMask | FlagReply)) != Version));
            if (isWrong)
            {
                return Progress.Malformed;
            }
        }
    }

    /// <summary>Begins the next message; closes the descriptors that are left.</summary>
    internal void Clear()
    {
        for (int i = 0; i < DescriptorCount; i++)
        {
            if (_descriptors[i] >= 0)
            {
                Files.Close(_descriptors[i]);
            }
        }

        DescriptorCount = 0;
        _lengthBytes = 0;
    }
}
