using Slipway.Stack;

namespace Slipway.Links;

/// <summary>
/// Feature bits of a virtio network device: those of virtio-net (virtio 1.2 section 5.1.3; USO of
/// virtio 1.3), of the ring (section 6), and the one by which vhost-user has its own.
/// </summary>
internal static class VirtioFeatures
{
    internal const ulong Checksum = 1ul << 0;
    internal const ulong GuestChecksum = 1ul << 1;
    internal const ulong GuestTso4 = 1ul << 7;
    internal const ulong GuestTso6 = 1ul << 8;
    internal const ulong HostTso4 = 1ul << 11;
    internal const ulong HostTso6 = 1ul << 12;
    internal const ulong MergeableBuffers = 1ul << 15;
    internal const ulong MultiQueue = 1ul << 22;
    internal const ulong IndirectDescriptors = 1ul << 28;
    internal const ulong EventIndex = 1ul << 29;
    internal const ulong ProtocolFeatures = 1ul << 30;
    internal const ulong Version1 = 1ul << 32;
    internal const ulong GuestUso4 = 1ul << 54;
    internal const ulong GuestUso6 = 1ul << 55;
    internal const ulong HostUso = 1ul << 56;

    internal const ulong Offered =
        Checksum | GuestChecksum | GuestTso4 | GuestTso6 | HostTso4 | HostTso6 | MergeableBuffers
        | MultiQueue | IndirectDescriptors | EventIndex | ProtocolFeatures | Version1 | GuestUso4
        | GuestUso6 | HostUso;

    // A receiveq with fewer buffers than this could never hold the largest of segmented frames,
    // where a buffer has what a frame of one packet needs.
    private const int SegmentedRingSize = 64;

    /// <summary>
    /// Of the header before each frame: the count of buffers is part of it unless a legacy driver
    /// goes without merged ones (virtio 1.2 section 5.1.6.1).
    /// </summary>
    internal static int HeaderBytes(ulong features) =>
        (features & (MergeableBuffers | Version1)) != 0
            ? VirtioNetHeader.MergedLengthBytes : VirtioNetHeader.LengthBytes;

    /// <summary>
    /// What a guest without virtqueues may leave to the engine, and what it takes over itself.
    /// </summary>
    internal static ulong Of(Offloads toGuest) =>
        Checksum | HostTso4 | HostTso6 | HostUso
        | ((toGuest & Offloads.Checksum) != 0 ? GuestChecksum : 0)
        | ((toGuest & Offloads.TcpSegments4) != 0 ? GuestTso4 : 0)
        | ((toGuest & Offloads.TcpSegments6) != 0 ? GuestTso6 : 0)
        | ((toGuest & Offloads.UdpSegments) != 0 ? GuestUso4 | GuestUso6 : 0);

    /// <summary>What a guest's driver takes over for frames to the guest.</summary>
    /// <param name="features">What it has acknowledged.</param>
    /// <param name="receiveSize">Buffers of its receiveq.</param>
    internal static Offloads ToGuest(ulong features, int receiveSize)
    {
        if ((features & GuestChecksum) == 0)
        {
            return Offloads.None; // the others need it (section 5.1.3.1)
        }

        if (receiveSize < SegmentedRingSize)
        {
            return Offloads.Checksum;
        }

        bool hasUso = (features & GuestUso4) != 0 && (features & GuestUso6) != 0;
        return Offloads.Checksum
            | ((features & GuestTso4) != 0 ? Offloads.TcpSegments4 : Offloads.None)
            | ((features & GuestTso6) != 0 ? Offloads.TcpSegments6 : Offloads.None)
            | (hasUso ? Offloads.UdpSegments : Offloads.None);
    }
}
