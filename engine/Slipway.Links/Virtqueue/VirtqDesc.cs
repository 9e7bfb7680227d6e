using System.Runtime.InteropServices;

namespace Slipway.Links;

/// <summary>
/// struct virtq_desc (virtio 1.2 section 2.7.5), little-endian as the machines that the engine runs
/// on. Lies in memory that the guest may change at any time.
/// <code>
///   addr u64 | len u32 | flags u16 | next u16
/// </code>
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VirtqDesc
{
    internal const int SizeBytes = 16;

    /// <summary>VIRTQ_DESC_F_NEXT: the chain goes on at <see cref="Next"/>.</summary>
    internal const ushort FlagNext = 1;

    /// <summary>VIRTQ_DESC_F_WRITE: for the device to write; else to read.</summary>
    internal const ushort FlagWrite = 2;

    /// <summary>VIRTQ_DESC_F_INDIRECT: the buffer is a table of descriptors.</summary>
    internal const ushort FlagIndirect = 4;

    internal ulong Address;
    internal uint LengthBytes;
    internal ushort Flags;
    internal ushort Next;

    /// <summary>Reads each field once, from where the guest may be writing.</summary>
    internal static unsafe VirtqDesc Read(VirtqDesc* shared) => new()
    {
        Address = Volatile.Read(ref shared->Address),
        LengthBytes = Volatile.Read(ref shared->LengthBytes),
        Flags = Volatile.Read(ref shared->Flags),
        Next = Volatile.Read(ref shared->Next),
    };
}
