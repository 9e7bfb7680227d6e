using System.Buffers.Binary;
using Slipway.Linux;

namespace Slipway.Links;

/// <summary>
/// The file that tells the next back end what this one had in flight ("Inflight I/O tracking"),
/// so that an engine may be replaced under a running guest.
/// <code>
///   description: mapped size u64 | offset u64 | queues u16 | queue size u16 (| padding u32)
///   a queue, aligned to 64: features u64 | version u16 | size u16 | last head u16 | used index u16
///                           | 16 bytes a descriptor
/// </code>
/// </summary>
/// <remarks>
/// Chains are completed in the order in which they are taken. So what is in flight is always what
/// lies between the used index and the first chain not taken, and a back end that begins at the
/// used index takes it again: frames to the engine that it had not said it had, and buffers that it
/// had not said it had filled. The file need not tell more, and no descriptor is marked in it.
/// </remarks>
internal sealed partial class VhostUserConnection
{
    private const int InflightBytes = 20;

    /// <summary>As a C compiler lays it out, and QEMU sends it.</summary>
    private const int InflightPaddedBytes = 24;

    private const int InflightQueueBytes = 16;
    private const int InflightDescriptorBytes = 16;
    private const int InflightAlignment = 64;
    private const ushort InflightVersion = 1;

    // The rings go on where the used rings say.
    private bool _isResumed;

    private static long InflightFileBytes(int queues, int queueSize) => queues
        * (long)((InflightQueueBytes + (queueSize * InflightDescriptorBytes)
            + InflightAlignment - 1) & -InflightAlignment);

    private bool TryReplyInflight()
    {
        int queues = _message.U16(16);
        int queueSize = _message.U16(18);
        long lengthBytes = InflightFileBytes(queues, queueSize);
        if (queues == 0 || queues > _rings.Length || queueSize is 0 or > SplitRing.LargestSize)
        {
            return false;
        }

        int file = MakeInflightFile(queues, queueSize, lengthBytes);
        Span<byte> payload = stackalloc byte[_message.Payload.Length];
        payload.Clear();
        if (file >= 0)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(payload, (ulong)lengthBytes);
            BinaryPrimitives.WriteUInt16LittleEndian(payload[16..], (ushort)queues);
            BinaryPrimitives.WriteUInt16LittleEndian(payload[18..], (ushort)queueSize);
        }

        Reply(VhostUserRequest.GetInflightFd, payload, file >= 0 ? [file] : []);
        if (file >= 0)
        {
            Files.Close(file);
        }

        return true;
    }

    // A descriptor, or a negated errno.
    private static int MakeInflightFile(int queues, int queueSize, long lengthBytes)
    {
        int file = MemoryFiles.Create("slipway-inflight");
        if (file < 0)
        {
            return file;
        }

        Span<byte> head = stackalloc byte[InflightQueueBytes];
        head.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(head[8..], InflightVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(head[10..], (ushort)queueSize);
        int result = MemoryFiles.Resize(file, lengthBytes);
        for (int i = 0; i < queues && result >= 0; i++)
        {
            result = MemoryFiles.WriteAt(file, head, i * (lengthBytes / queues));
        }

        if (result < 0
            || (result = MemoryFiles.AddSeals(
                file, MemoryFiles.SealShrink | MemoryFiles.SealGrow)) < 0)
        {
            Files.Close(file);
            return result;
        }

        return file;
    }

    private string? SetInflight()
    {
        ulong lengthBytes = _message.U64(0);
        ulong offset = _message.U64(8);
        int queues = _message.U16(16);
        int queueSize = _message.U16(18);
        int file = _message.TakeDescriptor(0);
        long fileBytes = MemoryFiles.LengthBytes(file);
        Files.Close(file);
        if (queues == 0 || queues > _rings.Length || queueSize is 0 or > SplitRing.LargestSize
            || lengthBytes < (ulong)InflightFileBytes(queues, queueSize)
            || fileBytes < 0 || offset > (ulong)fileBytes
            || lengthBytes > (ulong)fileBytes - offset)
        {
            return "gives a file of what is in flight that is not as it says";
        }

        _isResumed = true;
        return null;
    }
}
