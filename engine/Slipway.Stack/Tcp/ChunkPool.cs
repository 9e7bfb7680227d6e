namespace Slipway.Stack;

/// <summary>
/// Memory for bytes that a flow must hold: what the host has not taken yet and what arrived out of
/// order. Chunks are made when first needed, kept for reuse, bounded over all flows, and shared
/// among guests as everything is (<see cref="GuestShares"/>).
/// </summary>
/// <remarks>
/// What is held has been acknowledged, so nothing can make room: a guest that is alone leaves a
/// part to the next one. Each guest may have one chunk, whatever its share.
/// </remarks>
internal sealed class ChunkPool : GuestBound
{
    /// <summary>Bytes in a chunk: two make a full-sized segment at the largest MTU.</summary>
    public const int ChunkBytes = 32 * 1024;

    /// <summary>Idle chunks that are kept; the rest go back to the runtime.</summary>
    private const int KeptChunks = 64;

    /// <summary>The part of the bound that a guest that is alone does not get.</summary>
    private const int KeptFreePart = 8;

    private readonly Stack<byte[]> _free = new(KeptChunks);

    // Bytes of each guest that has any, by the number of its link.
    private readonly Dictionary<int, int> _byLink = [];

    public ChunkPool(GuestShares shares, StackLimits limits)
        : base(
            shares, limits, "tcpReceiveBytes", limits.TcpReceiveBytes,
            keptFree: limits.TcpReceiveBytes / KeptFreePart)
    {
    }

    public int RentedBytes => Used;

    /// <summary>
    /// True while more than half of the bound, or of the guest's share, is in use: its flows then
    /// offer less.
    /// </summary>
    public bool IsUnderPressure(int link)
    {
        if (!MayBeAtHalf)
        {
            return false; // whoever has it, and without a look
        }

        int own = _byLink.GetValueOrDefault(link);
        return Used > Most / 2 || own > ShareOf(own) / 2;
    }

    /// <summary>A chunk for a guest; null at the bound, and at its share. Counted.</summary>
    public byte[]? TryRent(int link)
    {
        int own = _byLink.GetValueOrDefault(link);
        bool isOver = own > 0 && own + ChunkBytes > ShareOf(own);
        if (isOver || Used > Most - ChunkBytes)
        {
            CountRefused(isOver);
            return null;
        }

        _byLink[link] = own + ChunkBytes;
        Count(ChunkBytes);
        return _free.TryPop(out byte[]? chunk)
            ? chunk : GC.AllocateUninitializedArray<byte>(ChunkBytes);
    }

    /// <summary>Takes a chunk back that was rented for that guest.</summary>
    public void Return(byte[] chunk, int link)
    {
        int own = _byLink[link] - ChunkBytes;
        if (own == 0)
        {
            _byLink.Remove(link);
        }
        else
        {
            _byLink[link] = own;
        }

        Count(-ChunkBytes);
        if (_free.Count < KeptChunks)
        {
            _free.Push(chunk);
        }
    }
}
