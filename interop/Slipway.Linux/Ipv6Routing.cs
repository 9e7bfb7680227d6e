using System.Globalization;
using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>What the calling thread's network namespace has of IPv6.</summary>
/// <param name="HasDefaultRoute">
/// The main table has a default route that leads somewhere: it is not "unreachable" or its like.
/// </param>
/// <param name="HasAddress">
/// An interface that is up, and not the loopback, has an address of global scope (unique local
/// ones, RFC 4193, are such) that may be used already (RFC 4862 section 5.4).
/// </param>
public readonly record struct Ipv6Routing(bool HasDefaultRoute, bool HasAddress)
{
    private const byte MainTable = 254;
    private const byte Unicast = 1;
    private const byte GlobalScope = 0;
    private const int TentativeOrFailed = 0x40 | 0x08;
    private const uint Up = 1;
    private const uint Loopback = 8;

    /// <summary>Asks the kernel by netlink. 0 or a negated errno.</summary>
    public static int Read(Span<byte> buffer, out Ipv6Routing routing)
    {
        routing = default;
        int socket = Netlink.OpenRoute(groups: 0);
        if (socket < 0)
        {
            return socket;
        }

        HashSet<int> links = [];
        bool hasAddress = false;
        bool hasDefault = false;
        int result = Netlink.ReadAll(
            socket, Netlink.GetLink, 0, buffer, message => AddLink(message, links));
        result = result < 0 ? result : Netlink.ReadAll(
            socket, Netlink.GetAddress, Sockets.FamilyIPv6, buffer,
            message => hasAddress |= IsUsable(message, links));
        result = result < 0 ? result : Netlink.ReadAll(
            socket, Netlink.GetRoute, Sockets.FamilyIPv6, buffer,
            message => hasDefault |= IsDefault(message) && message.Body[7] == Unicast);
        Files.Close(socket);
        routing = new Ipv6Routing(hasDefault, hasAddress);
        return result;
    }

    /// <summary>
    /// Whether a piece of news may have changed any of it: a host may have very many routes, and
    /// news of all of them.
    /// </summary>
    public static bool IsConcerned(NetlinkMessage message) =>
        message.Type is Netlink.NewAddress or Netlink.DeleteAddress || IsDefault(message);

    /// <summary>
    /// Reads the same from /proc, where netlink is not to be had. The tables are not told apart
    /// there.
    /// </summary>
    public static Ipv6Routing ReadFiles() => new(
        Exists("/proc/thread-self/net/ipv6_route", IsDefaultLine),
        Exists("/proc/thread-self/net/if_inet6", IsUsableLine));

    /// <summary>struct rtmsg: family, two lengths, TOS, table, protocol, scope, type.</summary>
    private static bool IsDefault(NetlinkMessage message) =>
        message.Type is Netlink.NewRoute or Netlink.DeleteRoute
        && message.Body is [Sockets.FamilyIPv6, 0, _, _, MainTable, _, _, _, ..];

    /// <summary>struct ifaddrmsg: family, length, flags, scope, the link's index.</summary>
    private static bool IsUsable(NetlinkMessage message, HashSet<int> links) =>
        message.Type == Netlink.NewAddress
        && message.Body is [Sockets.FamilyIPv6, _, byte flags, GlobalScope, _, _, _, _, ..]
        && (flags & TentativeOrFailed) == 0
        && links.Contains(MemoryMarshal.Read<int>(message.Body[4..]));

    /// <summary>struct ifinfomsg: family (4, padded), index (4), flags (4).</summary>
    private static void AddLink(NetlinkMessage message, HashSet<int> links)
    {
        const int bodyBytes = 16;
        if (message.Type == Netlink.NewLink && message.Body.Length >= bodyBytes
            && (MemoryMarshal.Read<uint>(message.Body[8..]) & (Up | Loopback)) == Up)
        {
            links.Add(MemoryMarshal.Read<int>(message.Body[4..]));
        }
    }

    private static bool Exists(string path, Predicate<string[]> isWanted)
    {
        try
        {
            foreach (string line in File.ReadLines(path))
            {
                if (isWanted(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
                {
                    return true;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // no IPv6 in this kernel
        }

        return false;
    }

    /// <summary>Destination and length, source and length, router, 4 numbers, name.</summary>
    private static bool IsDefaultLine(string[] fields)
    {
        const uint RTF_REJECT = 0x200;
        return fields is [_, "00", _, _, _, _, _, _, string flags, not "lo"]
            && (Hexadecimal(flags) & RTF_REJECT) == 0;
    }

    /// <summary>Address, index, length, scope, flags, name. A link that is down has none.</summary>
    private static bool IsUsableLine(string[] fields) =>
        fields is [_, _, _, "00", string flags, not "lo"]
        && (Hexadecimal(flags) & TentativeOrFailed) == 0;

    private static uint Hexadecimal(string text) => uint.TryParse(
        text, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out uint value) ? value : 0;
}
