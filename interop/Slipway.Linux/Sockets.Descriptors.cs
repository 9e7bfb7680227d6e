using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>Bytes of a Unix socket together with descriptors (unix(7), SCM_RIGHTS).</summary>
public static unsafe partial class Sockets
{
    private const int ScmRights = 1;
    private const int MessageControlTruncated = 0x8;
    private const int MessageCloseOnExec = 0x40000000;

    /// <summary>
    /// Receives bytes and the descriptors that came with them, which are the caller's to close.
    /// </summary>
    /// <param name="destination">Receives the bytes.</param>
    /// <param name="descriptors">Receives them; the kernel closes what is beyond.</param>
    /// <param name="count">How many came; also when the result is an error.</param>
    /// <param name="isTruncated">More came than there was room for.</param>
    public static int ReceiveWithDescriptors(
        int socket, Span<byte> destination, Span<int> descriptors, out int count,
        out bool isTruncated)
    {
        int controlBytes = ControlMessage.HeaderBytes + (descriptors.Length * sizeof(int));
        byte* control = stackalloc byte[controlBytes];
        fixed (byte* first = destination)
        {
            IoVector vector = new() { Base = first, Length = (nuint)destination.Length };
            MessageHeader message = new()
            {
                Vectors = &vector,
                VectorCount = 1,
                Control = control,
                ControlLength = (nuint)controlBytes,
            };
            int result = Result((int)recvmsg(
                socket, &message, MessageDontWait | MessageCloseOnExec));
            ReadOnlySpan<byte> rights = result < 0 ? default : ControlMessage.Find(
                new ReadOnlySpan<byte>(control, (int)message.ControlLength),
                SocketOptions.LevelSocket, ScmRights);
            ReadOnlySpan<int> numbers = MemoryMarshal.Cast<byte, int>(rights);
            numbers.CopyTo(descriptors);
            count = numbers.Length;
            isTruncated = result >= 0 && (message.Flags & MessageControlTruncated) != 0;
            return result;
        }
    }

    /// <summary>Sends bytes, and with the first of them descriptors; both keep them open.</summary>
    public static int SendWithDescriptors(
        int socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> descriptors)
    {
        int lengthBytes = ControlMessage.HeaderBytes + (descriptors.Length * sizeof(int));
        int controlBytes = (lengthBytes + 7) & ~7;
        byte* control = stackalloc byte[controlBytes];
        *(ulong*)control = (ulong)lengthBytes;
        ((int*)control)[2] = SocketOptions.LevelSocket;
        ((int*)control)[3] = ScmRights;
        descriptors.CopyTo(
            new Span<int>(control + ControlMessage.HeaderBytes, descriptors.Length));
        fixed (byte* first = bytes)
        {
            IoVector vector = new() { Base = first, Length = (nuint)bytes.Length };
            MessageHeader message = new()
            {
                Vectors = &vector,
                VectorCount = 1,
                Control = descriptors.IsEmpty ? null : control,
                ControlLength = descriptors.IsEmpty ? 0 : (nuint)controlBytes,
            };
            return Result((int)sendmsg(socket, &message, MessageNoSignal | MessageDontWait));
        }
    }
}
