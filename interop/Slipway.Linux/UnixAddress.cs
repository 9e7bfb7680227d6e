using System.Buffers.Binary;
using System.Text;

namespace Slipway.Linux;

/// <summary>
/// struct sockaddr_un (unix(7)): two bytes of address family in the host's order, then the path. A
/// socket that is bound to nothing has no path; an abstract name begins with a zero byte.
/// </summary>
public static class UnixAddress
{
    /// <summary>Family, 108 bytes of path, and a zero that the kernel may add.</summary>
    public const int MaximumLengthBytes = FamilyLengthBytes + 108 + 1;

    public const int FamilyLengthBytes = 2;

    /// <summary>The longest path that leaves room for its final zero.</summary>
    private const int MaximumPathBytes = 107;

    /// <summary>Writes a path's address into the span, and returns that part of it.</summary>
    /// <exception cref="UnixSocketException">The path is too long.</exception>
    public static ReadOnlySpan<byte> Write(Span<byte> destination, string path)
    {
        int pathBytes = Encoding.UTF8.GetByteCount(path);
        if (pathBytes is 0 or > MaximumPathBytes)
        {
            throw new UnixSocketException(
                $"the socket path {path} has {pathBytes} bytes, and the kernel takes 1 to "
                + $"{MaximumPathBytes}; choose a shorter one");
        }

        BinaryPrimitives.WriteUInt16LittleEndian(destination, Sockets.FamilyUnix);
        Encoding.UTF8.GetBytes(path, destination[FamilyLengthBytes..]);
        destination[FamilyLengthBytes + pathBytes] = 0;
        return destination[..(FamilyLengthBytes + pathBytes + 1)];
    }
}
