using System.Runtime.InteropServices;

namespace Slipway.Abi;

/// <summary>slipway_vring.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Vring
{
    public uint QueueSize;
    public uint Base;
    public void* Descriptors;
    public void* Available;
    public void* Used;
    public int KickDescriptor;
    public int CallDescriptor;
}
