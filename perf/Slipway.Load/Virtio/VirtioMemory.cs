using Slipway.Linux;

namespace Slipway.Load.Virtio;

/// <summary>
/// What the front end shares with the engine as its guest's memory: a sealed memfd, which is handed
/// out piece by piece and never taken back.
/// </summary>
internal sealed unsafe class VirtioMemory : IDisposable
{
    /// <summary>Where the guest has its first byte.</summary>
    public const ulong GuestBase = 0x4000_0000;

    private const int Alignment = 4096;

    private readonly nint _first;
    private long _used;

    public VirtioMemory(long lengthBytes)
    {
        LengthBytes = lengthBytes;
        Descriptor = Checked(MemoryFiles.Create("slipway-load"), "memfd_create");
        Checked(MemoryFiles.Resize(Descriptor, lengthBytes), "ftruncate");
        Checked(MemoryFiles.AddSeals(
            Descriptor, MemoryFiles.SealShrink | MemoryFiles.SealGrow), "F_ADD_SEALS");
        _first = MemoryMapping.Map(Descriptor, (ulong)lengthBytes);
        Checked((int)Math.Min(_first, 0), "mmap");
    }

    public int Descriptor { get; }

    public long LengthBytes { get; }

    /// <summary>The front end's own address of the first byte.</summary>
    public ulong UserBase => (ulong)_first;

    /// <summary>Takes the next bytes, on a page of their own.</summary>
    /// <returns>Their offset.</returns>
    public long Take(long lengthBytes)
    {
        long offset = _used;
        _used += (lengthBytes + Alignment - 1) & -Alignment;
        return _used <= LengthBytes ? offset
            : throw new LoadException("the front end's memory is too small for its buffers");
    }

    public byte* At(long offset) => (byte*)_first + offset;

    public Span<byte> Span(long offset, int lengthBytes) => new(At(offset), lengthBytes);

    public void Dispose()
    {
        MemoryMapping.Unmap(_first, (ulong)LengthBytes);
        Files.Close(Descriptor);
    }

    /// <exception cref="LoadException">The result is a negated errno.</exception>
    public static int Checked(int result, string what) => result >= 0 ? result
        : throw new LoadException($"{what}: error {-result}");
}
