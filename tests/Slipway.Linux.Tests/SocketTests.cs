namespace Slipway.Linux.Tests;

/// <summary>Sockets, their options, and descriptors that go over them.</summary>
public sealed class SocketTests
{
    [Fact]
    public void Pair_Made_IsNonBlockingAndCarriesBytes()
    {
        Assert.Equal(0, Sockets.CreatePair(Sockets.FamilyUnix, Sockets.Stream, out int near,
            out int far));
        byte[] read = new byte[8];
        Assert.Equal(-Errno.EAGAIN, Sockets.Receive(near, read, 0));
        Assert.Equal(3, Sockets.Send(far, "abc"u8));
        Assert.Equal(3, Sockets.Receive(near, read, Sockets.MessagePeek));
        Assert.Equal(3, Sockets.Receive(near, read, 0));
        Assert.Equal("abc"u8.ToArray(), read[..3]);

        Assert.Equal(0, Sockets.Shutdown(far, Sockets.ShutdownWrite));
        Assert.Equal(0, Sockets.Receive(near, read, 0));
        Files.Close(far);
        Assert.Equal(-Errno.EPIPE, Sockets.Send(near, "x"u8));
        Files.Close(near);
    }

    [Fact]
    public void Discard_OfAUnixStream_IsAnErrorAsTheRingExpects()
    {
        const int badAddress = 14;
        Assert.Equal(0, Sockets.CreatePair(Sockets.FamilyUnix, Sockets.Stream, out int near,
            out int far));
        Sockets.Send(far, "abc"u8);
        Assert.Equal(-badAddress, Sockets.Discard(near, 3));
        Files.Close(near);
        Files.Close(far);
    }

    [Fact]
    public void Option_Set_IsReadAsItWasSet()
    {
        int socket = Sockets.Create(Sockets.FamilyIPv4, Sockets.Stream, 0);
        Assert.Equal(Sockets.Stream,
            SocketOptions.Get(socket, SocketOptions.LevelSocket, SocketOptions.Type));
        Assert.Equal(0,
            SocketOptions.Set(socket, SocketOptions.LevelIp, SocketOptions.IpTtl, 7));
        Assert.Equal(7, SocketOptions.Get(socket, SocketOptions.LevelIp, SocketOptions.IpTtl));
        Files.Close(socket);
    }

    [Fact]
    public void DescriptorChannel_WithADescriptor_HandsItOverAndTellsTheEnd()
    {
        Assert.Equal(0, DescriptorChannel.Open(out int near, out int far));
        int counter = Epoll.CreateEvent();
        Assert.Equal(0, DescriptorChannel.Send(far, 42, counter));
        Assert.Equal(0, DescriptorChannel.Send(far, 43, -1));

        Assert.True(DescriptorChannel.Receive(near, out byte message, out int received));
        Assert.Equal(42, message);
        Assert.NotEqual(counter, received);
        ReadOnlySpan<byte> one = [1, 0, 0, 0, 0, 0, 0, 0];
        Files.Write(counter, one);
        Assert.Equal(8, Files.Read(received, new byte[8]));

        Assert.True(DescriptorChannel.Receive(near, out message, out int none));
        Assert.Equal((43, -1), (message, none));
        DescriptorChannel.Close(far);
        Assert.False(DescriptorChannel.Receive(near, out _, out _));
        Array.ForEach([near, counter, received], Files.Close);
    }

    [Fact]
    public void ControlMessages_Written_AreFoundByKindAndHostileLengthsEndTheSearch()
    {
        byte[] control = new byte[2 * ControlMessage.NumberBytes];
        int used = ControlMessage.Write(control, 0, SocketOptions.IpTtl, 7);
        used += ControlMessage.Write(control.AsSpan(used), 0, SocketOptions.IpTypeOfService, 9);
        Assert.Equal(control.Length, used);
        Assert.Equal([9, 0, 0, 0],
            ControlMessage.Find(control, 0, SocketOptions.IpTypeOfService).ToArray());
        Assert.True(ControlMessage.Find(control, 1, SocketOptions.IpTtl).IsEmpty);

        foreach (ulong length in (ulong[])[0, 15, 49, int.MaxValue, ulong.MaxValue])
        {
            BitConverter.TryWriteBytes(control, length);
            Assert.True(ControlMessage.Find(control, 0, SocketOptions.IpTypeOfService).IsEmpty);
        }
    }
}
