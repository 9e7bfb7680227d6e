using Slipway.Linux;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Host;

/// <summary>
/// Bound sockets for published ports, before a reactor watches them; from any thread.
/// </summary>
public static class HostSockets
{
    private const int Backlog = 4_096;

    /// <summary>
    /// Makes a socket, binds it in the address's family only, and has it listen if it is TCP's.
    /// With an error there is none.
    /// </summary>
    public static HostError Open(IpProtocol protocol, in IpEndpoint local, out int descriptor)
    {
        HostError error = Bind(protocol, local, out descriptor);
        return error == HostError.None && protocol == IpProtocol.Tcp
            ? ListenOrClose(ref descriptor) : error;
    }

    /// <summary>The same without listening.</summary>
    public static HostError Bind(IpProtocol protocol, in IpEndpoint local, out int descriptor)
    {
        bool isTcp = protocol == IpProtocol.Tcp;
        bool isIPv4 = local.Address.IsIPv4;
        int socket = Sockets.Create(
            isIPv4 ? Sockets.FamilyIPv4 : Sockets.FamilyIPv6,
            isTcp ? Sockets.Stream : Sockets.Datagram, 0);
        descriptor = socket;
        if (socket < 0)
        {
            return HostErrors.From(socket);
        }

        SetOptions(socket, isTcp);
        if (!isIPv4)
        {
            _ = SocketOptions.Set(socket, SocketOptions.LevelIPv6, SocketOptions.IPv6Only, 1);
        }

        Span<byte> address = stackalloc byte[SocketAddress.MaximumLengthBytes];
        int result = Sockets.Bind(socket, SocketAddress.Write(address, local));
        if (result < 0)
        {
            Files.Close(socket);
            descriptor = -1;
        }

        return HostErrors.From(result);
    }

    /// <summary>
    /// A socket that another process has bound, as <see cref="Open"/> leaves one. Closed on an
    /// error.
    /// </summary>
    public static HostError TakeOver(IpProtocol protocol, ref int descriptor)
    {
        bool isTcp = protocol == IpProtocol.Tcp;
        _ = Files.SetNonBlocking(descriptor);
        CurrentProcess.SetInherited(descriptor, inherited: false);
        SetOptions(descriptor, isTcp);
        return isTcp ? ListenOrClose(ref descriptor) : HostError.None;
    }

    /// <summary>Where a socket is bound; the default endpoint for a Unix socket.</summary>
    public static IpEndpoint LocalOf(int descriptor) => SocketAddress.OfSocket(descriptor);

    /// <summary>Has a Unix socket listen, which is closed on an error.</summary>
    public static HostError ListenOrClose(ref int descriptor)
    {
        int result = Sockets.Listen(descriptor, Backlog);
        if (result < 0)
        {
            Files.Close(descriptor);
            descriptor = -1;
        }

        return HostErrors.From(result);
    }

    private static void SetOptions(int socket, bool isTcp)
    {
        if (isTcp)
        {
            _ = SocketOptions.Set(
                socket, SocketOptions.LevelSocket, SocketOptions.ReuseAddress, 1);
            TcpStream.SetOptions(socket);
        }
        else
        {
            // Where the kernel has no such thing it gives datagrams one by one.
            _ = SocketOptions.Set(socket, SocketOptions.LevelUdp, SocketOptions.UdpGro, 1);
        }
    }
}
