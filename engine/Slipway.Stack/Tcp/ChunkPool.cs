namespace Slipway.Stack;

/// <summary>
/// Memory for bytes that a flow must hold: what the host has not taken yet and what arrived out of
/// order. Chunks are made when first needed, kept for reuse, and bounded over all flows.
/// </summary>
internal sealed class ChunkPool(int limitBytes)
{
    /// <summary>Bytes in a chunk: two make a full-sized segment at the largest MTU.</summary>
    public const int ChunkBytes = 32 * 1024;

    /// <summary>Idle chunks that are kept; the rest go back to the runtime.</summary>
    private const int KeptChunks = 64;

    private readonly Stack<byte[]> _free = new(KeptChunks);
    private int _rented;

    /// <summary>True while more than half of the bound is in use: flows then offer less.</summary>
    public bool IsUnderPressure => (long)_rented * ChunkBytes > limitBytes / 2;

    public int RentedBytes => _rented * ChunkBytes;

    /// <summary>A chunk, or null at the bound.</summary>
    public byte[]? TryRent()
    {
        if ((long)(_rented + 1) * ChunkBytes > limitBytes)
        {
            return null;
        }

        _rented++;
        return _free.TryPop(out byte[]? chunk)
            ? chunk : GC.AllocateUninitializedArray<byte>(ChunkBytes);
    }

    public void Return(byte[] chunk)
    {
        _rented--;
        if (_free.Count < KeptChunks)
        {
            _free.Push(chunk);
        }
    }
}
