using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Slipway.Linux;

namespace Slipway.Links.Tests;

/// <summary>
/// A guest's memory: a sealed memfd, which the test reads and writes as a file while the engine has
/// it mapped. Its bytes are at <see cref="GuestBase"/> for the guest and at <see cref="UserBase"/>
/// in its VMM.
/// </summary>
internal sealed class SharedMemory : IDisposable
{
    internal const ulong GuestBase = 0x4000_0000;
    internal const ulong UserBase = 0x7f00_0000_0000;

    private readonly SafeFileHandle _file;

    internal SharedMemory(int lengthBytes = 1 << 20, int seals = MemoryFiles.SealShrink)
    {
        LengthBytes = lengthBytes;
        Descriptor = MemoryFiles.Create("guest");
        Assert.True(Descriptor >= 0);
        Assert.Equal(0, MemoryFiles.Resize(Descriptor, lengthBytes));
        Assert.Equal(0, MemoryFiles.AddSeals(Descriptor, seals));
        _file = new SafeFileHandle(Descriptor, ownsHandle: true);
    }

    internal int Descriptor { get; }

    internal int LengthBytes { get; }

    internal byte[] Read(ulong guestAddress, int lengthBytes)
    {
        byte[] bytes = new byte[lengthBytes];
        Assert.Equal(lengthBytes, RandomAccess.Read(
            _file, bytes, (long)(guestAddress - GuestBase)));
        return bytes;
    }

    internal void Write(ulong guestAddress, ReadOnlySpan<byte> bytes) =>
        RandomAccess.Write(_file, bytes, (long)(guestAddress - GuestBase));

    internal ushort ReadU16(ulong guestAddress) =>
        BinaryPrimitives.ReadUInt16LittleEndian(Read(guestAddress, 2));

    internal void WriteU16(ulong guestAddress, int value)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
        Write(guestAddress, bytes);
    }

    /// <summary>Maps it as the engine would, in one region.</summary>
    internal GuestMemory Map()
    {
        GuestMemory memory = new();
        nint mapping = MemoryMapping.Map(Descriptor, (ulong)LengthBytes);
        Assert.True(mapping > 0);
        GuestRegion region = GuestRegion.At(mapping, GuestBase, UserBase, (ulong)LengthBytes);
        Assert.True(memory.TryAdd(
            region with { Mapping = mapping, MappingBytes = (ulong)LengthBytes }));
        return memory;
    }

    public void Dispose() => _file.Dispose();
}
