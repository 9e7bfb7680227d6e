using System.Runtime.InteropServices;

namespace Slipway.Abi;

/// <summary>slipway_vring_options.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct VringOptions
{
    public uint Size;
    public uint RegionCount;
    public MemoryRegion* Regions;
    public Vring Receive;
    public Vring Transmit;
    public ulong Features;
}
