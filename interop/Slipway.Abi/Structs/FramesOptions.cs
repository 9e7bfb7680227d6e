using System.Runtime.InteropServices;
using Slipway.Links;

namespace Slipway.Abi;

/// <summary>slipway_frames_options.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FramesOptions
{
    public uint Size;
    public uint Offloads;
    public uint BufferBytes;
    public uint Reserved;
    public delegate* unmanaged<void*, ulong, OutboundFrame*, uint, uint> Output;
    public void* User;
}
