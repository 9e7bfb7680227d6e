using Slipway.Stack;

namespace Slipway.Links.Tests;

/// <summary>The header before a frame (virtio 1.2 section 5.1.6).</summary>
public sealed class VirtioNetHeaderTests
{
    [Fact]
    public void Header_OfAKernelsTcpFrame_IsRead()
    {
        byte[] header = [1, 1, 66, 0, 0xa8, 5, 34, 0, 16, 0];
        Assert.True(VirtioNetHeader.TryRead(header, 65_000, out FrameOffload offload));
        Assert.Equal(
            new FrameOffload
            {
                ChecksumStart = 34, ChecksumOffset = 16, Kind = SegmentKind.Tcp4,
                SegmentBytes = 1448, HeaderBytes = 66,
            },
            offload);
    }

    [Theory]
    [InlineData(SegmentKind.None)]
    [InlineData(SegmentKind.Tcp4)]
    [InlineData(SegmentKind.Tcp6)]
    [InlineData(SegmentKind.Udp)]
    public void Header_Written_IsReadAsItWas(SegmentKind kind)
    {
        FrameOffload offload = new()
        {
            ChecksumStart = 54, ChecksumOffset = 6, Kind = kind,
            SegmentBytes = kind == SegmentKind.None ? (ushort)0 : (ushort)1200, HeaderBytes = 62,
        };
        byte[] header = new byte[VirtioNetHeader.LengthBytes];
        VirtioNetHeader.Write(header, offload);
        Assert.True(VirtioNetHeader.TryRead(header, 2_000, out FrameOffload read));
        Assert.Equal(offload, read);

        VirtioNetHeader.Write(header, default);
        Assert.All(header, one => Assert.Equal(0, one));
        Assert.True(VirtioNetHeader.TryRead(header, 60, out read));
        Assert.Equal(default, read);
    }

    /// <summary>One frame is not to be tens of thousands of sends.</summary>
    [Theory]
    [InlineData(5, 1_000, 34 + 128_000, true)]
    [InlineData(5, 500, 65_000, false)]
    [InlineData(5, 1, 1_000, false)]
    [InlineData(1, 48, 65_549, true)]
    [InlineData(1, 1, 65_549, false)]
    [InlineData(4, 8, 65_549, false)]
    public void Segments_ManyMoreThanAKernelCuts_AreRefused(
        byte kind, ushort segmentBytes, int frameBytes, bool isTaken)
    {
        byte[] header = [1, kind, 0, 0, (byte)segmentBytes, (byte)(segmentBytes >> 8), 34, 0, 6, 0];
        Assert.Equal(isTaken, VirtioNetHeader.TryRead(header, frameBytes, out _));
    }

    [Theory]
    [InlineData(new byte[] { 0, 1, 66, 0, 0xa8, 5, 34, 0, 16, 0 })] // segments, no open checksum
    [InlineData(new byte[] { 1, 3, 66, 0, 0xa8, 5, 34, 0, 16, 0 })] // UFO, which nobody offered
    [InlineData(new byte[] { 1, 0x7f, 66, 0, 0xa8, 5, 34, 0, 16, 0 })]
    [InlineData(new byte[] { 1, 1, 66, 0, 0, 0, 34, 0, 16, 0 })] // segments of nothing
    [InlineData(new byte[] { 1, 0, 0, 0, 0, 0, 13, 0, 16, 0 })] // within the Ethernet header
    [InlineData(new byte[] { 1, 0, 0, 0, 0, 0, 98, 0, 1, 0 })] // beyond the end
    [InlineData(new byte[] { 1, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { 1, 0, 0, 0, 0, 0, 34, 0, 16 })]
    [InlineData(new byte[] { 1, 5, 0, 0, 0, 0, 34, 0, 6, 0 })] // datagrams of nothing
    [InlineData(new byte[] { })]
    public void Header_ThatLies_IsRefused(byte[] header)
    {
        Assert.False(VirtioNetHeader.TryRead(header, 100, out FrameOffload offload));
        Assert.Equal(default, offload);
    }
}
