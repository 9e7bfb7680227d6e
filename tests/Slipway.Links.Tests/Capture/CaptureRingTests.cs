using System.Buffers.Binary;

namespace Slipway.Links.Tests.Capture;

/// <summary>The last frames, oldest first, in a memory that does not grow.</summary>
public sealed class CaptureRingTests
{
    private readonly CaptureRing _ring = new(
        CaptureRing.SmallestBytes, new CaptureSettings(), link => $"link{link}");

    [Fact]
    public void Ring_ThatIsEmpty_IsAFileWithoutFrames()
    {
        byte[] file = Dump();
        Assert.Equal([0x0a0d_0d0au], Blocks(file).Select(block => block.Type));
        Assert.Equal((0, 0), _ring.Frames);
    }

    [Fact]
    public void Ring_OfMoreThanItHolds_HasTheLastFramesInTheirOrder()
    {
        const int count = 10_000;
        for (int i = 0; i < count; i++)
        {
            Take(i % 2, number: i, lengthBytes: 500);
        }

        int[] numbers = [.. Numbers(Dump())];
        Assert.Equal(Enumerable.Range(count - numbers.Length, numbers.Length), numbers);
        Assert.InRange(numbers.Length * 500, _ring.SizeBytes / 3, _ring.SizeBytes);
        Assert.Equal((numbers.Length, count - numbers.Length), _ring.Frames);
    }

    [Fact]
    public void Link_ThatComesWhileTheRingIsRead_IsNotInThatFile()
    {
        Take(0, number: 1, lengthBytes: 60);
        _ = _ring.WriteHead(out long end);
        Take(1, number: 2, lengthBytes: 60);
        long next = 0;
        List<byte> read = [];
        while (_ring.ReadNext(ref next, end) is byte[] blocks)
        {
            read.AddRange(blocks);
        }

        Assert.Equal([1], Numbers([.. read]));
        Assert.Equal([1, 2], Numbers(Dump()));
    }

    private void Take(int link, int number, int lengthBytes)
    {
        byte[] frame = new byte[lengthBytes];
        BinaryPrimitives.WriteInt32LittleEndian(frame, number);
        _ring.Take(new CapturedFrame
        {
            Link = link,
            IsFromGuest = false,
            Nanoseconds = number,
            Loss = default,
            Bytes = frame,
        });
    }

    private byte[] Dump()
    {
        List<byte> file = [.. _ring.WriteHead(out long end)];
        long next = 0;
        while (_ring.ReadNext(ref next, end) is byte[] blocks)
        {
            file.AddRange(blocks);
        }

        file.AddRange(_ring.WriteStatistics());
        return [.. file];
    }

    private static IEnumerable<int> Numbers(byte[] file) => Blocks(file)
        .Where(block => block.Type == 6)
        .Select(block => BinaryPrimitives.ReadInt32LittleEndian(block.Bytes.AsSpan(28)));

    private static List<(uint Type, byte[] Bytes)> Blocks(byte[] file)
    {
        List<(uint, byte[])> blocks = [];
        for (int at = 0; at < file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 4));
            blocks.Add((BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at)),
                file[at..(at + length)]));
            at += length;
        }

        return blocks;
    }
}
