using System.Runtime.InteropServices;

namespace Slipway.Linux.Tests;

/// <summary>Files in memory, their seals and mappings, and handing them over.</summary>
public sealed class SharedMemoryTests
{
    [Fact]
    public void MemoryFile_Sealed_KeepsItsLength()
    {
        const int notPermitted = -Errno.EPERM;
        int file = MemoryFiles.Create("test");
        Assert.Equal(0, MemoryFiles.Seals(file));
        Assert.Equal(0, MemoryFiles.Resize(file, 5_000));
        Assert.Equal(5_000, MemoryFiles.LengthBytes(file));
        Assert.Equal(0, MemoryFiles.AddSeals(file, MemoryFiles.SealShrink));
        Assert.Equal(notPermitted, MemoryFiles.Resize(file, 4_999));
        Assert.Equal(0, MemoryFiles.Resize(file, 6_000));
        Assert.Equal(0, MemoryFiles.AddSeals(
            file, MemoryFiles.SealGrow | MemoryFiles.SealSeal));
        Assert.Equal(notPermitted, MemoryFiles.Resize(file, 6_001));
        Assert.Equal(
            MemoryFiles.SealShrink | MemoryFiles.SealGrow | MemoryFiles.SealSeal,
            MemoryFiles.Seals(file));
        Files.Close(file);
    }

    [Fact]
    public void Seals_OfWhatIsNoMemory_AreAnError()
    {
        int counter = Epoll.CreateEvent();
        Assert.Equal(-Errno.EINVAL, MemoryFiles.Seals(counter));
        Files.Close(counter);
        Assert.True(MemoryFiles.LengthBytes(counter) < 0);
        Assert.True(MemoryFiles.Resize(counter, 1) < 0);
    }

    [Fact]
    public void Mapping_OfAFile_IsTheFile()
    {
        int file = MemoryFiles.Create("test");
        MemoryFiles.Resize(file, 10_000);
        nint mapping = MemoryMapping.Map(file, 10_000);
        Assert.True(mapping > 0);
        Assert.Equal(3, MemoryFiles.WriteAt(file, "abc"u8, 9_000));
        Assert.Equal((byte)'b', Marshal.ReadByte(mapping + 9_001));
        Marshal.WriteByte(mapping, 7);
        byte[] read = new byte[1];
        Assert.Equal(1, Files.Read(file, read));
        Assert.Equal(7, read[0]);
        MemoryMapping.Unmap(mapping, 10_000);
        Files.Close(file);
        Assert.True(MemoryMapping.Map(file, 10_000) < 0);
        Assert.Equal(-Errno.EINVAL, MemoryMapping.Map(0, 0));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8)]
    public void Descriptors_SentWithBytes_ComeWithTheirFirst(int count)
    {
        Assert.Equal(0, Sockets.CreatePair(
            Sockets.FamilyUnix, Sockets.Stream, out int near, out int far));
        int[] sent = [.. Enumerable.Range(0, count).Select(_ => Epoll.CreateEvent())];
        int[] received = new int[8];
        Assert.Equal(4, Sockets.SendWithDescriptors(far, "abcd"u8, sent));

        byte[] bytes = new byte[2];
        Assert.Equal(2, Sockets.ReceiveWithDescriptors(
            near, bytes, received, out int came, out bool isTruncated));
        Assert.Equal((count, false), (came, isTruncated));
        Assert.Empty(received.Take(count).Intersect(sent));
        Assert.Equal(2, Sockets.ReceiveWithDescriptors(near, bytes, [], out came, out isTruncated));
        Assert.Equal((0, false), (came, isTruncated));
        Assert.Equal(-Errno.EAGAIN, Sockets.ReceiveWithDescriptors(
            near, bytes, received, out came, out isTruncated));
        Assert.Equal((0, false), (came, isTruncated));
        Array.ForEach([near, far, .. sent, .. received.Take(count)], Files.Close);
    }

    [Fact]
    public void Descriptors_MoreThanThereIsRoomFor_AreSaidToBe()
    {
        Assert.Equal(0, Sockets.CreatePair(
            Sockets.FamilyUnix, Sockets.Stream, out int near, out int far));
        Assert.Equal(1, Sockets.SendWithDescriptors(far, "a"u8, [near, near, near]));
        int[] received = new int[2];
        Assert.Equal(1, Sockets.ReceiveWithDescriptors(
            near, new byte[1], received, out int came, out bool isTruncated));
        Assert.Equal((2, true), (came, isTruncated));
        Array.ForEach([near, far, .. received], Files.Close);
    }
}
