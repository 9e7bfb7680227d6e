using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// SOCKS5 (RFC 1928): CONNECT without authentication.
/// <code>
///   guest  | 5 | n | methods n |                  server  | 5 | method |
///   guest  | 5 | command | 0 | type | address | port 2 |
///   server | 5 | reply | 0 | 1 | 0.0.0.0 | 0 |
/// </code>
/// </summary>
public sealed partial class GuestProxy
{
    private const byte SocksVersion = 5;
    private const byte NoAuthentication = 0;
    private const byte NoMethod = 0xff;
    private const byte ConnectCommand = 1;
    private const int MostSocksBytes = 4_096;

    private async Task ServeSocksAsync(GuestConnection connection)
    {
        Socket guest = connection.Socket;
        GuestReader reader = new(guest, MostSocksBytes);
        SocksReply reply;
        ProxyTarget target;
        int end;
        using (CancellationTokenSource within = Within(_settings.HeadTime))
        {
            int start = await GreetAsync(guest, reader, within.Token).ConfigureAwait(false);
            if (start == 0)
            {
                await CloseAsync(connection).ConfigureAwait(false);
                return;
            }

            (reply, target, end) = await ReadRequestAsync(reader, start, within.Token)
                .ConfigureAwait(false);
        }

        ProxyTunnel? tunnel = null;
        if (reply == SocksReply.Succeeded)
        {
            try
            {
                tunnel = await DialAsync(target).ConfigureAwait(false);
            }
            catch (ProxyException e)
            {
                Log(connection, $"SOCKS: {target.Host}:{target.Port} failed: {e.Message}");
                reply = ReplyOf(e);
            }
        }

        byte[] answer = [SocksVersion, (byte)reply, 0, 1, 0, 0, 0, 0, 0, 0];
        if (tunnel is not null)
        {
            await JoinAsync(connection, tunnel, answer, reader.Memory[end..])
                .ConfigureAwait(false);
            return;
        }

        using (CancellationTokenSource within = Within(s_closeTime))
        {
            await SendAsync(guest, answer, within.Token).ConfigureAwait(false);
        }

        await CloseAsync(connection).ConfigureAwait(false);
    }

    /// <summary>Agrees on the method; where the request begins, 0 for none.</summary>
    private static async ValueTask<int> GreetAsync(
        Socket guest, GuestReader reader, CancellationToken stop)
    {
        if (!await reader.ReadToAsync(2, stop).ConfigureAwait(false)
            || reader.Span[0] != SocksVersion)
        {
            return 0; // not SOCKS5, which has no words for that
        }

        int end = 2 + reader.Span[1];
        if (!await reader.ReadToAsync(end, stop).ConfigureAwait(false))
        {
            return 0;
        }

        bool isGood = reader.Span[2..end].Contains(NoAuthentication);
        byte[] answer = [SocksVersion, isGood ? NoAuthentication : NoMethod];
        await SendAsync(guest, answer, stop).ConfigureAwait(false);
        return isGood ? end : 0;
    }

    private static async ValueTask<(SocksReply Reply, ProxyTarget Target, int End)>
        ReadRequestAsync(GuestReader reader, int start, CancellationToken stop)
    {
        // Version, command, reserved, type, and the first byte of the address.
        if (!await reader.ReadToAsync(start + 5, stop).ConfigureAwait(false)
            || reader.Span[start] != SocksVersion)
        {
            return (SocksReply.GeneralFailure, default, start);
        }

        byte command = reader.Span[start + 1];
        int address = start + 4;
        int length = reader.Span[start + 3] switch
        {
            1 => IpAddress.IPv4LengthBytes,
            3 => 1 + reader.Span[address],
            4 => IpAddress.IPv6LengthBytes,
            _ => 0,
        };
        int end = address + length + 2;
        if (length == 0)
        {
            return (SocksReply.AddressTypeNotSupported, default, start);
        }

        if (!await reader.ReadToAsync(end, stop).ConfigureAwait(false))
        {
            return (SocksReply.GeneralFailure, default, start);
        }

        if (command != ConnectCommand)
        {
            return (SocksReply.CommandNotSupported, default, end);
        }

        int port = BinaryPrimitives.ReadUInt16BigEndian(reader.Span[(end - 2)..]);
        string host = HostOf(reader.Span[start + 3], reader.Span.Slice(address, length));
        ProxyPurpose purpose = port == HttpsPort ? ProxyPurpose.Https : ProxyPurpose.Other;
        return host.Length == 0 || port == 0 ? (SocksReply.GeneralFailure, default, end)
            : (SocksReply.Succeeded, new ProxyTarget(purpose, host, port), end);
    }

    private static string HostOf(byte type, ReadOnlySpan<byte> address)
    {
        switch (type)
        {
            case 1:
                return IpAddress.ReadIPv4(address).ToString();
            case 4:
                return IpAddress.ReadIPv6(address).ToString();
            default:
                string name = Encoding.Latin1.GetString(address[1..]);
                return Authority.TryParse(name, out Authority read) && read.Port == 0
                    ? read.Host : "";
        }
    }

    private static SocksReply ReplyOf(ProxyException e) => e.HttpStatus == 403
        ? SocksReply.NotAllowed
        : e.Error switch
        {
            SocketError.ConnectionRefused => SocksReply.ConnectionRefused,
            SocketError.NetworkUnreachable or SocketError.NetworkDown
                or SocketError.AddressNotAvailable => SocksReply.NetworkUnreachable,
            SocketError.HostUnreachable or SocketError.HostDown or SocketError.HostNotFound
                or SocketError.TryAgain or SocketError.NoData => SocksReply.HostUnreachable,
            SocketError.TimedOut => SocksReply.TtlExpired,
            SocketError.AddressFamilyNotSupported => SocksReply.AddressTypeNotSupported,
            _ when e.HttpStatus == 504 => SocksReply.TtlExpired,
            _ => SocksReply.GeneralFailure,
        };
}
