using System.Runtime.InteropServices;

namespace Slipway.Abi;

/// <summary>slipway_ring_options.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RingOptions
{
    public uint Size;
    public uint RingBytes;
    public uint Offloads;
    public uint Reserved;
    public int MemoryDescriptor;
    public int DoorbellDescriptor;
    public int GuestDoorbellDescriptor;
    public uint Reserved2;
}
