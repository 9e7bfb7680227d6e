using System.Net.Sockets;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>UDP ASSOCIATE of SOCKS5 (RFC 1928 section 7).</summary>
/// <remarks>
/// No upstream is asked to relay datagrams, and nothing goes around one: where connections go by an
/// upstream alone the command is refused, and where some do, the datagrams to those targets are
/// dropped (<see cref="IProxyDialer.CheckDirectAsync"/>).
/// </remarks>
public sealed partial class GuestProxy
{
    private async Task ServeAssociationAsync(GuestConnection connection)
    {
        if (!_parts.Dialer.MayBeDirect)
        {
            Log(connection, "SOCKS: UDP ASSOCIATE is refused: datagrams do not go by the upstream "
                + "proxy, and would leave directly; name 'direct' behind it to allow that");
            await RefuseSocksAsync(connection, SocksReply.CommandNotSupported)
                .ConfigureAwait(false);
            return;
        }

        if (!_associations.TryEnter(connection.Link))
        {
            Log(connection, "SOCKS: UDP ASSOCIATE is refused: too many at a time");
            await RefuseSocksAsync(connection, SocksReply.GeneralFailure).ConfigureAwait(false);
            return;
        }

        try
        {
            using SocksAssociation association = new(
                _parts, line => Log(connection, line), _stop);
            using GuestRelay? relay = await connection.OpenRelayAsync(association)
                .ConfigureAwait(false);
            if (relay is null)
            {
                Log(connection, "SOCKS: UDP ASSOCIATE is refused: no port is left");
                await RefuseSocksAsync(connection, SocksReply.GeneralFailure)
                    .ConfigureAwait(false);
                return;
            }

            association.Start(relay);
            await AssociateAsync(connection, association, relay).ConfigureAwait(false);
        }
        finally
        {
            _associations.Leave(connection.Link);
        }
    }

    // Nothing more is said on the connection: its end is the association's.
    private async ValueTask AssociateAsync(
        GuestConnection connection, SocksAssociation association, GuestRelay relay)
    {
        using CancellationTokenSource ending =
            CancellationTokenSource.CreateLinkedTokenSource(_stop);
        using (CancellationTokenSource within = Within(_settings.HeadTime))
        {
            IpEndpoint bound = new(connection.Destination.Address, relay.Port);
            await SendAsync(
                connection.Socket, ToAnswer(SocksReply.Succeeded, bound), within.Token)
                .ConfigureAwait(false);
        }

        Task left = DiscardAsync(connection.Socket, ending.Token);
        await Task.WhenAny(left, association.Broken).ConfigureAwait(false);
        await ending.CancelAsync().ConfigureAwait(false);
        await left.ConfigureAwait(false);
    }

    private static async Task DiscardAsync(Socket socket, CancellationToken stop)
    {
        byte[] buffer = new byte[64];
        while (await socket.ReceiveAsync(buffer, stop).ConfigureAwait(false) > 0)
        {
            continue;
        }
    }
}
