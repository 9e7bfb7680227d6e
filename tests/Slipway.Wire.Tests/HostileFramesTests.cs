using CsCheck;

namespace Slipway.Wire.Tests;

/// <summary>
/// What a guest could send: whatever the bytes are, parsing them ends without a throw.
/// </summary>
public class HostileFramesTests
{
    private static readonly int[] LengthOffsets = [14, 16, 17, 20, 21, 38, 39, 46, 54, 55, 56, 57];

    private static readonly Gen<int> LengthOffset =
        Gen.Int[0, LengthOffsets.Length - 1].Select(i => LengthOffsets[i]);

    [Fact]
    public void Read_AnyTruncationOfAnyFrame_NeverThrows()
    {
        foreach (byte[] frame in CapturedFrames.All)
        {
            Assert.Equal(ParseError.None, FrameReader.ReadEverything(frame));
            for (int length = 0; length < frame.Length; length++)
            {
                FrameReader.ReadEverything(frame.AsSpan(0, length));
            }
        }
    }

    [Fact]
    public void Read_AnyValueInAnyByte_NeverThrows()
    {
        foreach (byte[] captured in CapturedFrames.All)
        {
            byte[] frame = [.. captured];
            for (int offset = 0; offset < frame.Length; offset++)
            {
                for (int value = 0; value < 256; value++)
                {
                    frame[offset] = (byte)value;
                    FrameReader.ReadEverything(frame);
                    FrameReader.Mend(frame);
                    FrameReader.ReadEverything(frame);
                }

                captured.CopyTo(frame, 0);
            }
        }
    }

    [Fact]
    public void Read_SeveralLyingLengths_NeverThrows() =>
        Gen.Select(
            Gen.Int[0, CapturedFrames.All.Length - 1].Select(i => CapturedFrames.All[i]),
            Gen.Select(Gen.OneOf(LengthOffset, Gen.Int[0, 200]), Gen.Byte).Array[1, 8],
            Gen.Int[0, 200]).Sample((captured, changes, length) =>
            {
                byte[] frame = captured[..Math.Min(length, captured.Length)];
                foreach ((int offset, byte value) in changes)
                {
                    if (offset < frame.Length)
                    {
                        frame[offset] = value;
                    }
                }

                FrameReader.ReadEverything(frame);
                FrameReader.Mend(frame);
                FrameReader.ReadEverything(frame);
            }, iter: 100_000);

    [Fact]
    public void Read_AnyBytes_NeverThrows() =>
        Gen.Byte.Array[0, 200].Sample(bytes =>
        {
            FrameReader.ReadEverything(bytes);
            FrameReader.ReadIpPacket(bytes);
            FrameReader.ReadArpPacket(bytes);
        });
}
