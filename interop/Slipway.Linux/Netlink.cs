using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// Questions to the kernel's networking and its news of changes (netlink(7), rtnetlink(7)). Results
/// are descriptors, counts or negated errnos.
/// </summary>
public static class Netlink
{
    /// <summary>RTM_NEWLINK and so on: type of a message.</summary>
    public const ushort NewLink = 16;
    public const ushort GetLink = 18;
    public const ushort NewAddress = 20;
    public const ushort DeleteAddress = 21;
    public const ushort GetAddress = 22;
    public const ushort NewRoute = 24;
    public const ushort DeleteRoute = 25;
    public const ushort GetRoute = 26;

    /// <summary>NLMSG_ERROR: an errno, negated, is the payload.</summary>
    public const ushort Error = 2;

    /// <summary>NLMSG_DONE: the last message of an answer.</summary>
    public const ushort Done = 3;

    /// <summary>RTMGRP_LINK: interfaces come, go and change.</summary>
    public const uint Links = 0x1;

    /// <summary>RTMGRP_IPV4_IFADDR: addresses come and go.</summary>
    public const uint IPv4Addresses = 0x10;

    /// <summary>RTMGRP_IPV4_ROUTE: routes come and go.</summary>
    public const uint IPv4Routes = 0x40;

    /// <summary>RTMGRP_IPV6_IFADDR: addresses come and go.</summary>
    public const uint IPv6Addresses = 0x100;

    /// <summary>RTMGRP_IPV6_ROUTE: routes come and go.</summary>
    public const uint IPv6Routes = 0x400;

    /// <summary>
    /// Room for what one receive gives: the kernel fills at most 32 KiB of an answer together.
    /// </summary>
    public const int BufferBytes = 32 << 10;

    private const int AF_NETLINK = 16;
    private const int SOCK_RAW = 3;
    private const int NETLINK_ROUTE = 0;
    private const ushort NLM_F_REQUEST = 1;
    private const ushort NLM_F_DUMP = 0x300;
    private const int AddressBytes = 12;
    private const int GenericBodyBytes = 16;

    /// <summary>
    /// A socket to the kernel's routing in the calling thread's network namespace, with the news
    /// of some groups.
    /// </summary>
    public static int OpenRoute(uint groups)
    {
        int socket = Sockets.Create(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
        if (socket < 0)
        {
            return socket;
        }

        // struct sockaddr_nl: the family, a port that the kernel chooses, the groups.
        Span<byte> address = stackalloc byte[AddressBytes];
        address.Clear();
        MemoryMarshal.Write(address, (ushort)AF_NETLINK);
        MemoryMarshal.Write(address[8..], groups);
        int bound = Sockets.Bind(socket, address);
        if (bound < 0)
        {
            Files.Close(socket);
            return bound;
        }

        return socket;
    }

    /// <summary>Asks for all that there is of a kind. 0 or a negated errno.</summary>
    /// <param name="socket">To the kernel's routing, with no news and no other question.</param>
    /// <param name="type"><see cref="GetLink"/> or another of its kind.</param>
    /// <param name="family">AF_INET6, or 0 for every one.</param>
    /// <param name="buffer">Of <see cref="BufferBytes"/>.</param>
    /// <param name="visit">Called with each message.</param>
    public static int ReadAll(
        int socket, ushort type, byte family, Span<byte> buffer, Action<NetlinkMessage> visit)
    {
        int result = RequestAll(socket, type, family);
        while (result >= 0)
        {
            result = Receive(socket, buffer);
            ReadOnlySpan<byte> received = buffer[..Math.Max(result, 0)];
            while (NetlinkMessage.TryTake(ref received, out NetlinkMessage message))
            {
                if (message.Type is Done or Error)
                {
                    return message.Status;
                }

                visit(message);
            }
        }

        return result;
    }

    /// <summary>
    /// Receives some messages, without waiting; EMSGSIZE when the buffer is too small for them.
    /// </summary>
    public static int Receive(int socket, Span<byte> buffer)
    {
        int received = Sockets.Receive(
            socket, buffer, Sockets.MessageTruncate | Sockets.MessageDontWait);
        return received > buffer.Length ? -Errno.EMSGSIZE : received;
    }

    private static int RequestAll(int socket, ushort type, byte family)
    {
        // The body is struct ifinfomsg, ifaddrmsg or rtmsg: all begin with the family.
        Span<byte> request = stackalloc byte[NetlinkMessage.HeaderBytes + GenericBodyBytes];
        request.Clear();
        MemoryMarshal.Write(request, request.Length);
        MemoryMarshal.Write(request[4..], type);
        MemoryMarshal.Write(request[6..], (ushort)(NLM_F_REQUEST | NLM_F_DUMP));
        request[NetlinkMessage.HeaderBytes] = family;
        return Sockets.Send(socket, request);
    }
}
