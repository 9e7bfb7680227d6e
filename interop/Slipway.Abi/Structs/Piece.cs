using System.Runtime.InteropServices;

namespace Slipway.Abi;

/// <summary>slipway_iovec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Piece
{
    public byte* First;
    public nuint LengthBytes;
}
