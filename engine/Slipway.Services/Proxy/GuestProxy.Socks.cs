using System.Net.Sockets;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// SOCKS5 (RFC 1928): CONNECT and UDP ASSOCIATE, without authentication.
/// <code>
///   guest  | 5 | n | methods n |                  server  | 5 | method |
///   guest  | 5 | command | 0 | address, see SocksAddress |
///   server | 5 | reply | 0 | address; 0.0.0.0:0 but for UDP ASSOCIATE |
/// </code>
/// </summary>
public sealed partial class GuestProxy
{
    private const byte SocksVersion = 5;
    private const byte NoAuthentication = 0;
    private const byte NoMethod = 0xff;
    private const byte ConnectCommand = 1;
    private const byte AssociateCommand = 3;
    private const int MostSocksBytes = 4_096;

    private async Task ServeSocksAsync(GuestConnection connection)
    {
        Socket guest = connection.Socket;
        GuestReader reader = new(guest, MostSocksBytes);
        SocksRequest request;
        using (CancellationTokenSource within = Within(_settings.HeadTime))
        {
            int start = await GreetAsync(guest, reader, within.Token).ConfigureAwait(false);
            if (start == 0)
            {
                await CloseAsync(connection).ConfigureAwait(false);
                return;
            }

            request = await ReadRequestAsync(reader, start, within.Token).ConfigureAwait(false);
        }

        if (request is { Reply: SocksReply.Succeeded, Command: AssociateCommand })
        {
            await ServeAssociationAsync(connection).ConfigureAwait(false);
            return;
        }

        SocksReply reply = request.Reply;
        ProxyTunnel? tunnel = null;
        if (reply == SocksReply.Succeeded)
        {
            try
            {
                tunnel = await DialAsync(TargetOf(request.Target)).ConfigureAwait(false);
            }
            catch (ProxyException e)
            {
                Log(connection, $"SOCKS: {request.Target} failed: {e.Message}");
                reply = ReplyOf(e);
            }
        }

        if (tunnel is null)
        {
            await RefuseSocksAsync(connection, reply).ConfigureAwait(false);
            return;
        }

        await JoinAsync(
            connection, tunnel, ToAnswer(reply, new IpEndpoint(IpAddress.IPv4Any, 0)),
            reader.Memory[request.End..]).ConfigureAwait(false);
    }

    /// <summary>What SOCKS5 is asked for, as a target: TLS has a port of its own.</summary>
    internal static ProxyTarget TargetOf(Authority target) => new(
        target.Port == HttpsPort ? ProxyPurpose.Https : ProxyPurpose.Other, target.Host,
        target.Port);

    private async ValueTask RefuseSocksAsync(GuestConnection connection, SocksReply reply)
    {
        using (CancellationTokenSource within = Within(s_closeTime))
        {
            await SendAsync(
                connection.Socket, ToAnswer(reply, new IpEndpoint(IpAddress.IPv4Any, 0)),
                within.Token).ConfigureAwait(false);
        }

        await CloseAsync(connection).ConfigureAwait(false);
    }

    private static byte[] ToAnswer(SocksReply reply, in IpEndpoint bound)
    {
        Span<byte> address = stackalloc byte[SocksAddress.MostWrittenBytes];
        int length = SocksAddress.Write(address, bound);
        return [SocksVersion, (byte)reply, 0, .. address[..length]];
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

    private static async ValueTask<SocksRequest> ReadRequestAsync(
        GuestReader reader, int start, CancellationToken stop)
    {
        // Version, command, reserved, type, and the first byte of the address.
        int address = start + 3;
        if (!await reader.ReadToAsync(address + 2, stop).ConfigureAwait(false)
            || reader.Span[start] != SocksVersion)
        {
            return new SocksRequest(SocksReply.GeneralFailure);
        }

        int length = SocksAddress.LengthOf(reader.Span[address], reader.Span[address + 1]);
        if (length == 0)
        {
            return new SocksRequest(SocksReply.AddressTypeNotSupported);
        }

        int end = address + length;
        if (!await reader.ReadToAsync(end, stop).ConfigureAwait(false))
        {
            return new SocksRequest(SocksReply.GeneralFailure);
        }

        byte command = reader.Span[start + 1];
        Authority target = SocksAddress.Read(reader.Span[address..end]);
        return command switch
        {
            // Where the guest means to send from: only its first datagram tells for sure.
            AssociateCommand => new SocksRequest(SocksReply.Succeeded, command, target, end),
            ConnectCommand when target.Host.Length > 0 && target.Port > 0 =>
                new SocksRequest(SocksReply.Succeeded, command, target, end),
            ConnectCommand => new SocksRequest(SocksReply.GeneralFailure),
            _ => new SocksRequest(SocksReply.CommandNotSupported),
        };
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

    /// <param name="Reply">What it is answered, as far as its form goes.</param>
    /// <param name="Command">The command.</param>
    /// <param name="Target">The address.</param>
    /// <param name="End">Where it ends among the bytes read.</param>
    private readonly record struct SocksRequest(
        SocksReply Reply, byte Command = 0, Authority Target = default, int End = 0);
}
