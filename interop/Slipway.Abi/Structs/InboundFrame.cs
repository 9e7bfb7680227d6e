using System.Runtime.InteropServices;
using Slipway.Linux;

namespace Slipway.Abi;

/// <summary>slipway_frame_in.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct InboundFrame
{
    public byte* Header;
    public IoVector* Pieces;
    public uint PieceCount;
    public uint Reserved;
}
