using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// Messages over one end of a pair of connected SOCK_SEQPACKET sockets (unix(7)), for threads that
/// may wait: each call carries one whole message.
/// </summary>
public static unsafe partial class PacketChannel
{
    private const int MSG_NOSIGNAL = 0x4000;
    private const int MSG_TRUNC = 0x20;

    /// <summary>Waits until the message has room. 0 or a negated errno.</summary>
    public static int Send(int channel, ReadOnlySpan<byte> message)
    {
        fixed (byte* first = message)
        {
            nint sent;
            do
            {
                sent = send(channel, first, (nuint)message.Length, MSG_NOSIGNAL);
            }
            while (sent < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);
            return sent < 0 ? -Marshal.GetLastPInvokeError() : 0;
        }
    }

    /// <summary>Waits for a message.</summary>
    /// <returns>
    /// Its length, which is more than the span's where it did not fit; 0 when the other end was
    /// closed; a negated errno.
    /// </returns>
    public static int Receive(int channel, Span<byte> destination)
    {
        fixed (byte* first = destination)
        {
            nint received;
            do
            {
                received = recv(channel, first, (nuint)destination.Length, MSG_TRUNC);
            }
            while (received < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);
            return received < 0 ? -Marshal.GetLastPInvokeError() : (int)received;
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(int socket, byte* bytes, nuint lengthBytes, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int socket, byte* bytes, nuint lengthBytes, int flags);
}
