namespace Slipway.Load.Virtio;

/// <summary>
/// The buffers that the guest gives for frames to it (VIRTIO_NET_F_MRG_RXBUF).
/// </summary>
/// <param name="LengthBytes">Of each.</param>
/// <param name="RunBytes">So much lies in one piece; the next run is elsewhere.</param>
internal readonly record struct GuestBuffers(int LengthBytes, int RunBytes)
{
    /// <summary>
    /// As Linux's driver has them once frames are large: a page each, cut one after the other from
    /// pages of order 3 (drivers/net/virtio_net.c, add_recvbuf_mergeable and skb_page_frag_refill).
    /// </summary>
    public static GuestBuffers Linux => new(4096, 32 << 10);

    public int PerRun => RunBytes / LengthBytes;

    /// <summary>Where a slot's buffer is, from the first; runs are kept apart by a gap.</summary>
    public long Offset(int slot) =>
        ((long)(slot / PerRun) * (RunBytes + 4096)) + (slot % PerRun * LengthBytes);

    public long TotalBytes(int slots) => Offset(slots) + RunBytes;
}
