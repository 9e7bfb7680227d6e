using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// Addresses of IPv6 that an interface has, but may not use before it knows that no other has them
/// (RFC 4862 section 5.4).
/// </summary>
public static class Ipv6Tentative
{
    public const int AddressBytes = 16;

    private const int Tentative = 0x40;
    private const int Failed = 0x08;

    // struct ifaddrmsg, before its attributes; each is its length (2), its type (2) and its value.
    private const int BodyBytes = 8;
    private const int AttributeHeaderBytes = 4;
    private const ushort IFA_ADDRESS = 1;

    /// <summary>Whether an address is one of them in the calling thread's namespace.</summary>
    public static bool Has(ReadOnlySpan<byte> address)
    {
        int socket = Netlink.OpenRoute(groups: 0);
        if (socket < 0)
        {
            return false;
        }

        byte[] wanted = address.ToArray();
        bool isFound = false;
        _ = Netlink.ReadAll(
            socket, Netlink.GetAddress, Sockets.FamilyIPv6, new byte[Netlink.BufferBytes],
            message => isFound |= IsTentative(message, wanted));
        Files.Close(socket);
        return isFound;
    }

    private static bool IsTentative(NetlinkMessage message, ReadOnlySpan<byte> wanted)
    {
        if (message.Type != Netlink.NewAddress || message.Body.Length < BodyBytes
            || (message.Body[2] & (Tentative | Failed)) != Tentative)
        {
            return false;
        }

        ReadOnlySpan<byte> attributes = message.Body[BodyBytes..];
        while (attributes.Length >= AttributeHeaderBytes)
        {
            int length = MemoryMarshal.Read<ushort>(attributes);
            if (length < AttributeHeaderBytes || length > attributes.Length)
            {
                return false;
            }

            if (MemoryMarshal.Read<ushort>(attributes[2..]) == IFA_ADDRESS
                && attributes[AttributeHeaderBytes..length].SequenceEqual(wanted))
            {
                return true;
            }

            attributes = attributes[Math.Min((length + 3) & ~3, attributes.Length)..];
        }

        return false;
    }
}
