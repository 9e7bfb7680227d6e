using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Slipway.Linux;
using Slipway.Wire;

namespace Slipway.Host;

/// <summary>
/// struct sockaddr_in (16 bytes) and sockaddr_in6 (28 bytes), from and to an endpoint; struct
/// sockaddr_un (unix(7)) from a path.
/// </summary>
internal static class SocketAddress
{
    /// <summary>Room for either, in bytes.</summary>
    public const int MaximumLengthBytes = 28;

    /// <summary>Length of struct sockaddr_in.</summary>
    public const int IPv4LengthBytes = 16;

    /// <summary>Room for struct sockaddr_un: the family, and 108 bytes of path.</summary>
    public const int MaximumUnixLengthBytes = FamilyLengthBytes + 108;

    private const int FamilyLengthBytes = 2;

    /// <summary>
    /// Writes a path with its final zero; false if it is empty, has a zero in it, or is longer than
    /// <see cref="HostNetwork.LongestUnixPathBytes"/>.
    /// </summary>
    public static bool TryWriteUnix(Span<byte> destination, string path, out int lengthBytes)
    {
        int pathBytes = Encoding.UTF8.GetByteCount(path);
        lengthBytes = FamilyLengthBytes + pathBytes + 1;
        if (pathBytes is 0 or > HostNetwork.LongestUnixPathBytes || path.Contains('\0'))
        {
            return false;
        }

        MemoryMarshal.Write(destination, (ushort)Sockets.FamilyUnix);
        Encoding.UTF8.GetBytes(path, destination[FamilyLengthBytes..]);
        destination[FamilyLengthBytes + pathBytes] = 0;
        return true;
    }

    /// <summary>Writes the address and returns the part of the span that it takes.</summary>
    public static ReadOnlySpan<byte> Write(Span<byte> destination, in IpEndpoint endpoint)
    {
        destination = destination[..(endpoint.Address.IsIPv4 ? IPv4LengthBytes
            : MaximumLengthBytes)];
        destination.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], endpoint.Port);
        if (endpoint.Address.IsIPv4)
        {
            MemoryMarshal.Write(destination, (ushort)Sockets.FamilyIPv4);
            endpoint.Address.WriteIPv4(destination[4..]);
        }
        else
        {
            MemoryMarshal.Write(destination, (ushort)Sockets.FamilyIPv6);
            endpoint.Address.WriteIPv6(destination[8..]);
        }

        return destination;
    }

    /// <summary>
    /// Reads an address of either family; the default endpoint if it is of another.
    /// </summary>
    public static IpEndpoint Read(
        ReadOnlySpan<byte> source) => MemoryMarshal.Read<ushort>(source) switch
    {
        Sockets.FamilyIPv4 => new IpEndpoint(
            IpAddress.ReadIPv4(source[4..]), BinaryPrimitives.ReadUInt16BigEndian(source[2..])),
        Sockets.FamilyIPv6 => new IpEndpoint(
            IpAddress.ReadIPv6(source[8..]), BinaryPrimitives.ReadUInt16BigEndian(source[2..])),
        _ => default,
    };

    /// <summary>The address of a socket's peer; the default endpoint if it has none.</summary>
    public static IpEndpoint OfPeer(int socket)
    {
        Span<byte> address = stackalloc byte[MaximumLengthBytes];
        return Sockets.GetPeerName(socket, address) < 0 ? default : Read(address);
    }

    /// <summary>The local address of a socket.</summary>
    public static IpEndpoint OfSocket(int socket)
    {
        Span<byte> address = stackalloc byte[MaximumLengthBytes];
        return Sockets.GetName(socket, address) < 0 ? default : Read(address);
    }
}
