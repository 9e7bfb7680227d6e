namespace Slipway.Linux.Tests;

/// <summary>Messages of the kernel's routing, also cut and with lengths that lie.</summary>
public sealed class NetlinkTests
{
    private const byte IPv6 = Sockets.FamilyIPv6;
    private const byte MainTable = 254;

    private static readonly byte[] s_defaultRoute = [IPv6, 0, 0, 0, MainTable, 3, 0, 1];

    [Fact]
    public void TryTake_OfMessagesInARow_GivesEachAndTheirBodies()
    {
        ReadOnlySpan<byte> bytes = [.. Message(Netlink.NewRoute, [1, 2, 3, 4, 5]), 0, 0, 0,
            .. Message(Netlink.Done, [0, 0, 0, 0])];
        Assert.True(NetlinkMessage.TryTake(ref bytes, out NetlinkMessage message));
        Assert.Equal(Netlink.NewRoute, message.Type);
        Assert.Equal([1, 2, 3, 4, 5], message.Body.ToArray());
        Assert.True(NetlinkMessage.TryTake(ref bytes, out message));
        Assert.Equal((Netlink.Done, 0), (message.Type, message.Status));
        Assert.False(NetlinkMessage.TryTake(ref bytes, out _));
        Assert.True(bytes.IsEmpty);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(15u)]
    [InlineData(25u)]
    [InlineData((uint)int.MaxValue)]
    [InlineData(uint.MaxValue)]
    public void TryTake_OfALengthThatLies_GivesNothing(uint lengthBytes)
    {
        byte[] message = Message(Netlink.NewRoute, s_defaultRoute);
        BitConverter.TryWriteBytes(message, lengthBytes);
        ReadOnlySpan<byte> bytes = message;
        Assert.False(NetlinkMessage.TryTake(ref bytes, out _));
    }

    [Fact]
    public void Message_CutAnywhere_IsNoDefaultRoute()
    {
        Assert.True(IsConcerned(Message(Netlink.DeleteRoute, s_defaultRoute)));
        Assert.False(IsConcerned(
            Message(Netlink.DeleteRoute, [IPv6, 64, .. s_defaultRoute.AsSpan(2)])));
        for (int length = 0; length < s_defaultRoute.Length; length++)
        {
            Assert.False(IsConcerned(Message(Netlink.NewRoute, s_defaultRoute.AsSpan(0, length))));
        }
    }

    [Fact]
    public void Status_OfAnAnswerThatSaysNone_IsAnError()
    {
        ReadOnlySpan<byte> bytes = Message(Netlink.Error, [1]);
        Assert.True(NetlinkMessage.TryTake(ref bytes, out NetlinkMessage message));
        Assert.Equal(-Errno.EIO, message.Status);
    }

    [Fact]
    public void ReadAll_OfLinks_FindsTheLoopbackAndEnds()
    {
        int socket = Netlink.OpenRoute(groups: 0);
        bool found = false;
        byte[] buffer = new byte[Netlink.BufferBytes];
        Assert.Equal(0, Netlink.ReadAll(
            socket, Netlink.GetLink, 0, buffer,
            message => found |= message.Type == Netlink.NewLink
                && BitConverter.ToInt32(message.Body[4..]) == 1));
        Assert.True(found);
        Assert.Equal(-Errno.EAGAIN, Netlink.Receive(socket, buffer));
        Files.Close(socket);
    }

    [Fact]
    public void ReadAll_WithTooSmallABuffer_SaysSo()
    {
        int socket = Netlink.OpenRoute(groups: 0);
        Assert.Equal(
            -Errno.EMSGSIZE,
            Netlink.ReadAll(socket, Netlink.GetLink, 0, new byte[100], _ => { }));
        Files.Close(socket);
    }

    private static bool IsConcerned(ReadOnlySpan<byte> bytes)
    {
        Assert.True(NetlinkMessage.TryTake(ref bytes, out NetlinkMessage message));
        return Ipv6Routing.IsConcerned(message);
    }

    private static byte[] Message(ushort type, ReadOnlySpan<byte> body) =>
    [
        .. BitConverter.GetBytes(NetlinkMessage.HeaderBytes + body.Length),
        .. BitConverter.GetBytes((uint)type), .. new byte[8], .. body,
    ];
}
