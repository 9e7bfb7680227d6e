using Slipway.Linux;
using Slipway.Wire;

namespace Slipway.Host;

/// <summary>
/// Whether a connection has a way still: a socket for datagrams is bound to its local address and
/// connected to its peer's, which sends nothing and fails as the connection's next segment would.
/// </summary>
internal static class HostPaths
{
    /// <summary>RFC 863; nothing is sent there.</summary>
    private const ushort DiscardPort = 9;

    /// <summary>
    /// Whether the host has the local address, and a route from it to the remote one. True where it
    /// cannot be found out.
    /// </summary>
    public static bool Has(IpAddress local, IpAddress remote)
    {
        int socket = Sockets.Create(
            local.IsIPv4 ? Sockets.FamilyIPv4 : Sockets.FamilyIPv6, Sockets.Datagram, 0);
        if (socket < 0)
        {
            return true; // out of descriptors
        }

        Span<byte> address = stackalloc byte[SocketAddress.MaximumLengthBytes];
        int bound = Sockets.Bind(
            socket, SocketAddress.Write(address, new IpEndpoint(local, 0)));
        int connected = bound < 0 ? 0 : Sockets.Connect(
            socket, SocketAddress.Write(address, new IpEndpoint(remote, DiscardPort)));
        Files.Close(socket);
        return bound != -Errno.EADDRNOTAVAIL ? !LeadsNowhere(connected)
            : !local.IsIPv4 && IsBeingTested(local);
    }

    // EINVAL is a route that is a black hole, and an address that is the host's no more where any
    // may be bound (ip_nonlocal_bind).
    private static bool LeadsNowhere(int connected) => -connected is Errno.ENETUNREACH
        or Errno.EHOSTUNREACH or Errno.ENETDOWN or Errno.EINVAL or Errno.EADDRNOTAVAIL;

    // An address cannot be bound while the host asks whether another has it (RFC 4862 section 5.4),
    // which it does anew when a link was down. Its connections go on.
    private static bool IsBeingTested(IpAddress local)
    {
        Span<byte> bytes = stackalloc byte[Ipv6Tentative.AddressBytes];
        local.WriteIPv6(bytes);
        return Ipv6Tentative.Has(bytes);
    }
}
