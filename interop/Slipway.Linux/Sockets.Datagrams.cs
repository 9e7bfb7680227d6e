using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>recvfrom(2) and sendto(2): datagrams with the address of the other side.</summary>
public static unsafe partial class Sockets
{
    /// <summary>Receives one datagram and its sender's address.</summary>
    /// <param name="destination">Receives the datagram; what is beyond it is lost.</param>
    /// <param name="address">Receives the address, as far as it goes.</param>
    /// <param name="addressLengthBytes">
    /// The address's whole length: 0 or 2 for a Unix socket that is bound to nothing.
    /// </param>
    public static int ReceiveFrom(
        int socket, Span<byte> destination, Span<byte> address, out int addressLengthBytes)
    {
        uint length = (uint)address.Length;
        fixed (byte* first = destination)
        fixed (byte* name = address)
        {
            int result = Result((int)recvfrom(
                socket, first, (nuint)destination.Length, MessageDontWait, name, &length));
            addressLengthBytes = (int)length;
            return result;
        }
    }

    /// <summary>Sends one datagram whole or not at all.</summary>
    public static int SendTo(int socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> address)
    {
        fixed (byte* first = bytes)
        fixed (byte* name = address)
        {
            return Result((int)sendto(
                socket, first, (nuint)bytes.Length, MessageDontWait | MessageNoSignal, name,
                (uint)address.Length));
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvfrom(
        int socket, byte* buffer, nuint length, int flags, byte* address, uint* addressLength);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendto(
        int socket, byte* buffer, nuint length, int flags, byte* address, uint addressLength);
}
