using System.Runtime.InteropServices;

namespace Slipway.Abi;

/// <summary>slipway_frame_in.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct InboundFrame
{
    public byte* Header;
    public Piece* Pieces;
    public uint PieceCount;
    public uint Reserved;
}
