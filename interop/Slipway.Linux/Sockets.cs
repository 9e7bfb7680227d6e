using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// The socket calls (socket(2) and its kin). Results are counts or negated errnos.
/// </summary>
public static unsafe partial class Sockets
{
    public const int FamilyUnix = 1;
    public const int FamilyIPv4 = 2;
    public const int FamilyIPv6 = 10;

    public const int Stream = 1;
    public const int Datagram = 2;

    /// <summary>SOCK_SEQPACKET.</summary>
    public const int SequencedPacket = 5;

    /// <summary>SOCK_NONBLOCK | SOCK_CLOEXEC: every socket of the engine is both.</summary>
    public const int Flags = 0x800 | 0x80000;

    public const int ProtocolIcmp = 1;
    public const int ProtocolIcmpV6 = 58;

    public const int MessagePeek = 0x2;
    public const int MessageTruncate = 0x20;
    public const int MessageDontWait = 0x40;
    public const int MessageErrorQueue = 0x2000;
    public const int MessageNoSignal = 0x4000;

    public const int ShutdownWrite = 1;
    public const int ShutdownBoth = 2;

    /// <summary>Pieces that a call takes at the most (UIO_MAXIOV).</summary>
    public const int MostPieces = 1_024;

    public static int Create(int family, int type, int protocol) =>
        Result(socket(family, type | Flags, protocol));

    /// <summary>Makes a connected pair of non-blocking sockets. 0 or a negated errno.</summary>
    public static int CreatePair(int family, int type, out int near, out int far)
    {
        int* pair = stackalloc int[2];
        int result = Result(socketpair(family, type | Flags, 0, pair));
        (near, far) = result < 0 ? (-1, -1) : (pair[0], pair[1]);
        return result;
    }

    public static int Bind(int socket, ReadOnlySpan<byte> address)
    {
        fixed (byte* first = address)
        {
            return Result(bind(socket, first, (uint)address.Length));
        }
    }

    public static int Connect(int socket, ReadOnlySpan<byte> address)
    {
        fixed (byte* first = address)
        {
            return Result(connect(socket, first, (uint)address.Length));
        }
    }

    public static int Listen(int socket, int backlog) => Result(listen(socket, backlog));

    /// <summary>Accepts a connection; the span receives its address.</summary>
    public static int Accept(int socket, Span<byte> address)
    {
        uint length = (uint)address.Length;
        fixed (byte* first = address)
        {
            return Result(accept4(socket, first, &length, Flags));
        }
    }

    public static int GetName(int socket, Span<byte> address)
    {
        uint length = (uint)address.Length;
        fixed (byte* first = address)
        {
            return Result(getsockname(socket, first, &length));
        }
    }

    /// <summary>Reads the peer's address; ENOTCONN if there is none (yet).</summary>
    public static int GetPeerName(int socket, Span<byte> address)
    {
        uint length = (uint)address.Length;
        fixed (byte* first = address)
        {
            return Result(getpeername(socket, first, &length));
        }
    }

    public static int Receive(int socket, Span<byte> destination, int flags)
    {
        fixed (byte* first = destination)
        {
            return Result((int)recv(socket, first, (nuint)destination.Length, flags));
        }
    }

    /// <summary>Consumes up to a number of bytes of a TCP stream without copying them.</summary>
    public static int Discard(int socket, int lengthBytes) => Result(
        (int)recv(socket, null, (nuint)lengthBytes, MessageTruncate | MessageDontWait));

    public static int Send(int socket, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* first = bytes)
        {
            return Result((int)send(
                socket, first, (nuint)bytes.Length, MessageDontWait | MessageNoSignal));
        }
    }

    /// <summary>Sends bytes of a stream that lie in pieces; may take fewer than all.</summary>
    /// <param name="socket">The stream.</param>
    /// <param name="pieces">
    /// In their order; pinned, or not the runtime's memory at all. Of more than
    /// <see cref="MostPieces"/> the first ones are taken.
    /// </param>
    public static int SendPieces(int socket, ReadOnlySpan<ReadOnlyMemory<byte>> pieces)
    {
        int count = Math.Min(pieces.Length, MostPieces);
        IoVector* vectors = stackalloc IoVector[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> piece = pieces[i].Span;
            fixed (byte* first = piece)
            {
                vectors[i] = new IoVector { Base = first, Length = (nuint)piece.Length };
            }
        }

        MessageHeader message = new() { Vectors = vectors, VectorCount = (nuint)count };
        return Result((int)sendmsg(socket, &message, MessageNoSignal | MessageDontWait));
    }

    public static int Shutdown(int socket, int how) => Result(shutdown(socket, how));

    private static int Result(int result) => result < 0 ? -Marshal.GetLastPInvokeError() : result;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socketpair(int family, int type, int protocol, int* pair);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(int socket, byte* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int connect(int socket, byte* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int listen(int socket, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int accept4(int socket, byte* address, uint* length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getsockname(int socket, byte* address, uint* length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getpeername(int socket, byte* address, uint* length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int shutdown(int socket, int how);
}
