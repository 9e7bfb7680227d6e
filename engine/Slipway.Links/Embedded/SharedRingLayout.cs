namespace Slipway.Links;

/// <summary>
/// The memory of a ring pair, as two processes share it. Version 1; include/slipway.h has the same
/// in C, and a test compares the two.
/// </summary>
/// <remarks>
/// <code>
///   0      magic u32 | version u32 | features u64 |
///          to engine: offset u64, bytes u64 | to guest: offset u64, bytes u64
///   1024   control of the ring to the engine
///   2048   control of the ring to the guest
///   4096   bytes of the one, bytes of the other: powers of two
///
///   control, in bytes from its start, each on a pair of cache lines of its own:
///     0    tail u64            bytes ever written; the producer's
///     128  head u64            bytes ever taken; the consumer's
///     256  consumer waits u32  1: ring its doorbell after the next record
///     384  producer waits u32  1: ring its doorbell after the next release of room
///
///   record, aligned to 8, never wrapped:
///     length u32 of what follows the padding | 0 u32 | struct virtio_net_hdr, 12 bytes | frame
///     a length of 0xffffffff: the next record is at the ring's start
/// </code>
/// Tail and head only grow; a position in the ring is one of them modulo its size. A record is
/// written before the tail passes it (release), and its room is used again after the head has
/// passed it. Who waits writes 1, fences and looks once more; who moves a position fences, and
/// exchanges a 1 that it finds for 0 before it rings.
/// </remarks>
internal static class SharedRingLayout
{
    internal const uint Magic = 0x4752_4c53; // "SLRG"
    internal const uint Version = 1;
    internal const int HeaderBytes = 4096;
    internal const int VersionOffset = 4;
    internal const int FeaturesOffset = 8;
    internal const int ToEngineOffset = 16;
    internal const int ToGuestOffset = 32;
    internal const int ToEngineControl = 1024;
    internal const int ToGuestControl = 2048;

    internal const int HeadOffset = 128;
    internal const int ConsumerWaitsOffset = 256;
    internal const int ProducerWaitsOffset = 384;

    internal const int RecordHeaderBytes = 8;
    internal const int RecordAlignment = 8;
    internal const uint Skip = uint.MaxValue;

    /// <summary>Two of the largest frames, and a power of two.</summary>
    internal const int SmallestRingBytes = 1 << 18;

    internal const int LargestRingBytes = 1 << 26;

    /// <summary>What a record takes up.</summary>
    internal static ulong RecordBytes(uint lengthBytes) =>
        ((ulong)RecordHeaderBytes + lengthBytes + RecordAlignment - 1)
        & ~(ulong)(RecordAlignment - 1);
}
