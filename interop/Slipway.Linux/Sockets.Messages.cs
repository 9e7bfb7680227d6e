using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>sendmsg(2) and recvmsg(2): datagrams with control messages (cmsg(3)).</summary>
public static unsafe partial class Sockets
{
    /// <summary>Sends one datagram whole or not at all.</summary>
    /// <param name="control">Control messages, or empty (<see cref="ControlMessage"/>).</param>
    public static int SendMessage(
        int socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> address,
        ReadOnlySpan<byte> control)
    {
        fixed (byte* first = bytes)
        fixed (byte* name = address)
        fixed (byte* controls = control)
        {
            IoVector vector = new() { Base = first, Length = (nuint)bytes.Length };
            MessageHeader message =
                Header(&vector, name, address.Length, controls, control.Length);
            return Result((int)sendmsg(socket, &message, MessageNoSignal | MessageDontWait));
        }
    }

    /// <summary>Takes the oldest report from the error queue (ip(7), IP_RECVERR).</summary>
    /// <param name="quoted">Receives the start of the payload that the report is about.</param>
    /// <param name="address">Receives where the datagram went.</param>
    /// <param name="control">Receives the control messages.</param>
    /// <param name="controlLengthBytes">How much of <paramref name="control"/> was filled.</param>
    public static int ReceiveError(
        int socket, Span<byte> quoted, Span<byte> address, Span<byte> control,
        out int controlLengthBytes)
    {
        fixed (byte* first = quoted)
        fixed (byte* name = address)
        fixed (byte* controls = control)
        {
            IoVector vector = new() { Base = first, Length = (nuint)quoted.Length };
            MessageHeader message =
                Header(&vector, name, address.Length, controls, control.Length);
            int result = Result((int)recvmsg(
                socket, &message, MessageErrorQueue | MessageDontWait));
            controlLengthBytes = result < 0 ? 0 : (int)message.ControlLength;
            return result;
        }
    }

    /// <summary>
    /// Peeks at a TCP stream behind bytes that are known: those go to a scratch span, and what
    /// follows them to the destination. For kernels without SO_PEEK_OFF on TCP (before 6.9).
    /// </summary>
    /// <returns>Bytes that were there, those passed over included, or a negated errno.</returns>
    public static int PeekBehind(int socket, Span<byte> scratch, Span<byte> destination)
    {
        fixed (byte* passed = scratch)
        fixed (byte* first = destination)
        {
            IoVector* vectors = stackalloc IoVector[2];
            vectors[0] = new IoVector { Base = passed, Length = (nuint)scratch.Length };
            vectors[1] = new IoVector { Base = first, Length = (nuint)destination.Length };
            MessageHeader message = new() { Vectors = vectors, VectorCount = 2 };
            return Result((int)recvmsg(socket, &message, MessagePeek | MessageDontWait));
        }
    }

    private static MessageHeader Header(
        IoVector* vector, byte* name, int nameBytes, byte* control, int controlBytes) => new()
        {
            Name = name,
            NameLength = (uint)nameBytes,
            Vectors = vector,
            VectorCount = 1,
            Control = control,
            ControlLength = (nuint)controlBytes,
        };

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendmsg(int socket, MessageHeader* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(int socket, MessageHeader* message, int flags);
}
