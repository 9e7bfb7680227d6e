using System.Runtime.InteropServices;

namespace Slipway.Abi;

/// <summary>slipway_memory_region.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MemoryRegion
{
    /// <summary>SLIPWAY_MEMORY_TRUSTED.</summary>
    public const uint Trusted = 1;

    public ulong GuestAddress;
    public ulong LengthBytes;
    public void* HostAddress;
    public int Descriptor;
    public uint Flags;
}
