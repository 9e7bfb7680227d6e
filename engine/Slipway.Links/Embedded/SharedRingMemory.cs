using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Slipway.Linux;

namespace Slipway.Links;

/// <summary>
/// The memory of a ring pair: a memfd that another process may map, sealed so that it cannot
/// shrink; or memory of this process alone.
/// </summary>
internal sealed unsafe class SharedRingMemory : IDisposable
{
    private byte* _first;
    private nint _mapping;
    private readonly ulong _lengthBytes;

    private SharedRingMemory(byte* first, nint mapping, int file, int ringBytes)
    {
        _first = first;
        _mapping = mapping;
        File = file;
        RingBytes = ringBytes;
        _lengthBytes = LengthBytes(ringBytes);
        Write(0, SharedRingLayout.Magic);
        Write(SharedRingLayout.VersionOffset, SharedRingLayout.Version);
        Write(SharedRingLayout.ToEngineOffset, (ulong)SharedRingLayout.HeaderBytes);
        Write(SharedRingLayout.ToEngineOffset + sizeof(ulong), (ulong)ringBytes);
        Write(
            SharedRingLayout.ToGuestOffset,
            (ulong)SharedRingLayout.HeaderBytes + (ulong)ringBytes);
        Write(SharedRingLayout.ToGuestOffset + sizeof(ulong), (ulong)ringBytes);
    }

    /// <summary>The memfd; -1 for private memory.</summary>
    internal int File { get; private set; }

    /// <summary>Of each of the two.</summary>
    internal int RingBytes { get; }

    /// <summary>Memory in a memfd of this process's.</summary>
    /// <exception cref="LinkException">Says what failed and the remedy.</exception>
    internal static SharedRingMemory CreateShared(int ringBytes)
    {
        int file = MemoryFiles.Create("slipway-ring");
        int result = file;
        if (file >= 0)
        {
            result = MemoryFiles.Resize(file, (long)LengthBytes(ringBytes));
            result = result < 0 ? result : MemoryFiles.AddSeals(
                file, MemoryFiles.SealShrink | MemoryFiles.SealGrow | MemoryFiles.SealSeal);
        }

        nint mapping = result < 0 ? result : MemoryMapping.Map(file, LengthBytes(ringBytes));
        if (mapping < 0)
        {
            if (file >= 0)
            {
                Files.Close(file);
            }

            throw new LinkException(
                $"cannot make shared memory for a ring ({SocketPath.Text((int)-mapping)}); raise "
                    + "the limits of descriptors (ulimit -n) or of memory");
        }

        return new SharedRingMemory((byte*)mapping, mapping, file, ringBytes);
    }

    /// <summary>Memory of this process; only what is used becomes resident.</summary>
    internal static SharedRingMemory CreatePrivate(int ringBytes) => new(
        (byte*)NativeMemory.AllocZeroed((nuint)LengthBytes(ringBytes)), 0, -1, ringBytes);

    internal SharedRingReader ReaderToEngine() => new(
        Control(SharedRingLayout.ToEngineControl), Ring(0), (ulong)RingBytes);

    internal SharedRingWriter WriterToEngine() => new(
        Control(SharedRingLayout.ToEngineControl), Ring(0), (ulong)RingBytes);

    internal SharedRingReader ReaderToGuest() => new(
        Control(SharedRingLayout.ToGuestControl), Ring(1), (ulong)RingBytes);

    internal SharedRingWriter WriterToGuest() => new(
        Control(SharedRingLayout.ToGuestControl), Ring(1), (ulong)RingBytes);

    /// <summary>Tells the other side what it may leave to this one.</summary>
    internal void SetFeatures(ulong features) =>
        Write(SharedRingLayout.FeaturesOffset, features);

    public void Dispose()
    {
        if (_first is null)
        {
            return;
        }

        if (_mapping != 0)
        {
            MemoryMapping.Unmap(_mapping, _lengthBytes);
            Files.Close(File);
            File = -1;
        }
        else
        {
            NativeMemory.Free(_first);
        }

        _first = null;
        _mapping = 0;
    }

    private static ulong LengthBytes(int ringBytes) =>
        (ulong)SharedRingLayout.HeaderBytes + (2 * (ulong)ringBytes);

    private byte* Control(int offset) => _first + offset;

    private byte* Ring(int index) =>
        _first + SharedRingLayout.HeaderBytes + ((long)index * RingBytes);

    private void Write<T>(int offset, T value)
        where T : unmanaged => Unsafe.WriteUnaligned(_first + offset, value);
}
