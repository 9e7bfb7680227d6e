using System.Runtime.InteropServices;

namespace Slipway.Links;

/// <summary>
/// A frame for a sink: 12 bytes of struct virtio_net_hdr with the frame behind them. As C has it.
/// </summary>
/// <param name="header">Where the header is.</param>
/// <param name="frameBytes">Of the frame behind it.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly unsafe struct OutboundFrame(byte* header, uint frameBytes)
{
    public byte* Header { get; } = header;

    public byte* Frame => Header + VirtioNetHeader.MergedLengthBytes;

    public uint FrameBytes { get; } = frameBytes;

    /// <summary>The frame, during the call that it came by.</summary>
    public ReadOnlySpan<byte> Bytes => new(Frame, (int)FrameBytes);
}
