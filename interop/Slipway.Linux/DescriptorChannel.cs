using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// A pair of connected Unix sockets over which one process hands another a descriptor (unix(7),
/// SCM_RIGHTS) together with one byte.
/// </summary>
public static unsafe partial class DescriptorChannel
{
    private const int AF_UNIX = 1;
    private const int SOCK_STREAM = 1;
    private const int SOCK_SEQPACKET = 5;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int SOL_SOCKET = 1;
    private const int SCM_RIGHTS = 1;
    private const int MSG_CMSG_CLOEXEC = 0x40000000;
    private const int MSG_NOSIGNAL = 0x4000;
    private const int EINTR = 4;

    /// <summary>
    /// CMSG_SPACE(sizeof(int)): a header of 16 bytes, and the number padded to 8.
    /// </summary>
    private const int ControlLengthBytes = 24;
    private const int ControlHeaderBytes = 16;

    /// <summary>Makes the pair; neither end is inherited yet. 0 or an errno.</summary>
    public static int Open(out int near, out int far) => Open(SOCK_SEQPACKET, out near, out far);

    /// <summary>The same of a stream, for a program that reads lines from it.</summary>
    public static int OpenStream(out int near, out int far) =>
        Open(SOCK_STREAM, out near, out far);

    private static int Open(int type, out int near, out int far)
    {
        int* pair = stackalloc int[2];
        int result = socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair);
        (near, far) = (pair[0], pair[1]);
        return result == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>
    /// Sends a byte, and with it a descriptor unless that is negative. 0 or an errno.
    /// </summary>
    public static int Send(int channel, byte message, int descriptor)
    {
        byte* control = stackalloc byte[ControlLengthBytes];
        *(nuint*)control = ControlHeaderBytes + sizeof(int);
        ((int*)control)[2] = SOL_SOCKET;
        ((int*)control)[3] = SCM_RIGHTS;
        ((int*)control)[4] = descriptor;
        IoVector payload = new() { Base = &message, Length = 1 };
        MessageHeader header = new()
        {
            Vectors = &payload,
            VectorCount = 1,
            Control = descriptor < 0 ? null : control,
            ControlLength = descriptor < 0 ? 0 : (nuint)ControlLengthBytes,
        };
        return sendmsg(channel, &header, MSG_NOSIGNAL) == 1 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Waits for a byte and the descriptor that came with it (-1 for none).</summary>
    /// <returns>False when the other end was closed first.</returns>
    public static bool Receive(int channel, out byte message, out int descriptor)
    {
        byte value = 0;
        byte* control = stackalloc byte[ControlLengthBytes];
        IoVector payload = new() { Base = &value, Length = 1 };
        nint received;
        MessageHeader header;
        do
        {
            header = new MessageHeader
            {
                Vectors = &payload,
                VectorCount = 1,
                Control = control,
                ControlLength = ControlLengthBytes,
            };
            received = recvmsg(channel, &header, MSG_CMSG_CLOEXEC);
        }
        while (received < 0 && Marshal.GetLastPInvokeError() == EINTR);

        bool carries = received == 1 && header.ControlLength >= ControlHeaderBytes + sizeof(int)
            && ((int*)control)[2] == SOL_SOCKET && ((int*)control)[3] == SCM_RIGHTS;
        descriptor = carries ? ((int*)control)[4] : -1;
        message = value;
        return received == 1;
    }

    public static void Close(int descriptor) => _ = close(descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socketpair(int domain, int type, int protocol, int* pair);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendmsg(int socket, MessageHeader* header, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(int socket, MessageHeader* header, int flags);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
