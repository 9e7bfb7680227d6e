using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Slipway.Services;

/// <summary>
/// Asks a SOCKS 5 proxy for a connection (RFC 1928), with user and password where there are any
/// (RFC 1929). A name goes to the proxy as it is. Not a byte more than the answer is read.
/// </summary>
internal static class SocksHandshake
{
    private const byte Version = 5;
    private const byte NoAuthentication = 0;
    private const byte UserAndPassword = 2;
    private const byte NoMethod = 0xff;
    private const byte Connect = 1;
    private const byte IPv4 = 1;
    private const byte Name = 3;
    private const byte IPv6 = 4;
    private const int MaxMessageBytes = 4 + 1 + 255 + 2;

    /// <exception cref="UpstreamFailure">The proxy has not connected.</exception>
    /// <exception cref="EndOfStreamException">It closed the connection.</exception>
    public static async Task PerformAsync(
        Stream stream, ProxyServer server, string host, int port, CancellationToken stop)
    {
        byte[] buffer = new byte[MaxMessageBytes];
        await GreetAsync(stream, server, buffer, stop).ConfigureAwait(false);
        int length = WriteRequest(buffer, host, port);
        await stream.WriteAsync(buffer.AsMemory(0, length), stop).ConfigureAwait(false);

        await stream.ReadExactlyAsync(buffer.AsMemory(0, 5), stop).ConfigureAwait(false);
        if (buffer[0] != Version)
        {
            throw NotSocks();
        }

        Judge(buffer[1]);

        // The address that the proxy has bound says nothing here.
        int rest = buffer[3] switch
        {
            IPv4 => 4 + 2 - 1,
            IPv6 => 16 + 2 - 1,
            Name => buffer[4] + 2,
            _ => throw NotSocks(),
        };
        await stream.ReadExactlyAsync(buffer.AsMemory(0, rest), stop).ConfigureAwait(false);
    }

    private static async Task GreetAsync(
        Stream stream, ProxyServer server, byte[] buffer, CancellationToken stop)
    {
        byte[] greeting = server.User is null
            ? [Version, 1, NoAuthentication] : [Version, 2, NoAuthentication, UserAndPassword];
        await stream.WriteAsync(greeting, stop).ConfigureAwait(false);
        await stream.ReadExactlyAsync(buffer.AsMemory(0, 2), stop).ConfigureAwait(false);
        if (buffer[0] != Version)
        {
            throw NotSocks();
        }

        switch (buffer[1])
        {
            case NoAuthentication:
                return;
            case UserAndPassword when server.User is not null:
                break;
            case NoMethod:
                throw Refused(server.User is null
                    ? "it wants a user and a password; write them into the proxy's URL"
                    : "it takes no user and password");
            default:
                throw NotSocks();
        }

        byte[] user = Encoding.UTF8.GetBytes(server.User);
        byte[] password = Encoding.UTF8.GetBytes(server.Password ?? "");
        byte[] message = [1, (byte)user.Length, .. user, (byte)password.Length, .. password];
        await stream.WriteAsync(message, stop).ConfigureAwait(false);
        await stream.ReadExactlyAsync(buffer.AsMemory(0, 2), stop).ConfigureAwait(false);
        if (buffer[1] != 0)
        {
            throw Refused("it does not accept the user and password; see the proxy's URL");
        }
    }

    private static int WriteRequest(byte[] buffer, string host, int port)
    {
        buffer[0] = Version;
        buffer[1] = Connect;
        buffer[2] = 0;
        int length = 4;
        if (HostRule.TryParseAddress(host, out byte[] address))
        {
            buffer[3] = address.Length == 4 ? IPv4 : IPv6;
        }
        else
        {
            address = Encoding.ASCII.GetBytes(host);
            buffer[3] = Name;
            buffer[length++] = (byte)address.Length;
        }

        address.CopyTo(buffer, length);
        length += address.Length;
        BinaryPrimitives.WriteUInt16BigEndian(buffer.AsSpan(length), (ushort)port);
        return length + 2;
    }

    private static UpstreamFailure NotSocks() =>
        new("its answer is not SOCKS 5", 502) { IsDead = true };

    private static UpstreamFailure Refused(string reason) =>
        new(reason, 502, SocketError.AccessDenied);

    /// <summary>RFC 1928 section 6: the reply field.</summary>
    private static void Judge(byte reply)
    {
        (SocketError Error, string Reason)? failure = reply switch
        {
            0 => null,
            1 => (SocketError.HostUnreachable, "it could not connect (general failure)"),
            2 => (SocketError.AccessDenied, "its rules refuse the connection"),
            3 => (SocketError.NetworkUnreachable, "it says network unreachable"),
            4 => (SocketError.HostUnreachable, "it says host unreachable"),
            5 => (SocketError.ConnectionRefused, "it says connection refused"),
            6 => (SocketError.TimedOut, "it says that the target did not answer (TTL expired)"),
            7 => (SocketError.OperationNotSupported, "it does not know CONNECT"),
            8 => (SocketError.AddressFamilyNotSupported, "it does not take this kind of address"),
            _ => (SocketError.SocketError, $"it answers with reply {reply}"),
        };
        if (failure is (SocketError error, string reason))
        {
            throw new UpstreamFailure(reason, error == SocketError.TimedOut ? 504 : 502, error)
            {
                IsFinal = error == SocketError.AccessDenied,
            };
        }
    }
}
