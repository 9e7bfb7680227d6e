using System.Net.Sockets;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// The HTTP proxy's first bytes: CONNECT is served here, so that its socket can be handed on, all
/// else by <see cref="IHttpRequests"/>.
/// </summary>
public sealed partial class GuestProxy
{
    private static readonly byte[] s_established = "HTTP/1.1 200 Connection established\r\n\r\n"u8
        .ToArray();

    /// <summary>How often a beginning that says nothing yet is looked at again.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    private async Task ServeHttpAsync(GuestConnection connection)
    {
        if (await PeekAsync(connection.Socket, IsConnect, _settings.HeadTime)
            .ConfigureAwait(false))
        {
            await ServeConnectAsync(connection).ConfigureAwait(false);
        }
        else if (_requests is not null)
        {
            ConnectRequest? connect = await _requests
                .ServeAsync(connection, isTransparent: false, _stop).ConfigureAwait(false);
            if (connect is null)
            {
                await CloseAsync(connection).ConfigureAwait(false);
                return;
            }

            await OpenTunnelAsync(connection, connect.Target, connect.Rest).ConfigureAwait(false);
        }
        else
        {
            await RefuseAsync(
                connection, new HttpRefusal(501, "only CONNECT is served here"))
                .ConfigureAwait(false);
        }
    }

    private async Task ServeConnectAsync(GuestConnection connection)
    {
        GuestReader reader = new(connection.Socket, ConnectHead.MaximumBytes);
        HttpRefusal? refusal = null;
        int end = 0;
        try
        {
            using CancellationTokenSource within = Within(_settings.HeadTime);
            while (end == 0 && refusal is null)
            {
                int known = reader.LengthBytes;
                if (!await reader.ReadAsync(within.Token).ConfigureAwait(false)
                    && !reader.IsFull)
                {
                    return; // the guest has left
                }

                end = HttpSyntax.FindHeadEnd(reader.Span, known);
                refusal = end > 0 ? null
                    : HttpSyntax.HasBareLineEnd(reader.Span, known)
                        ? new HttpRefusal(400, "a line of the head does not end in CR LF")
                    : reader.IsFull ? new HttpRefusal(431, "the head is longer than 64 KiB")
                    : null;
            }
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            refusal = new HttpRefusal(408, "the head took too long");
        }

        Authority target = default;
        refusal ??= ConnectHead.Read(reader.Span[..end], out target);
        if (refusal is not null)
        {
            await RefuseAsync(connection, refusal).ConfigureAwait(false);
            return;
        }

        await OpenTunnelAsync(connection, target, reader.Memory[end..]).ConfigureAwait(false);
    }

    private async ValueTask OpenTunnelAsync(
        GuestConnection connection, Authority target, ReadOnlyMemory<byte> fromGuest)
    {
        ProxyTunnel tunnel;
        try
        {
            tunnel = await DialAsync(
                new ProxyTarget(ProxyPurpose.Https, target.Host, target.Port))
                .ConfigureAwait(false);
        }
        catch (ProxyException e)
        {
            await RefuseAsync(
                connection, new HttpRefusal(e.HttpStatus, $"{target}: {e.Message}"))
                .ConfigureAwait(false);
            return;
        }

        await JoinAsync(connection, tunnel, s_established, fromGuest).ConfigureAwait(false);
    }

    private async ValueTask RefuseAsync(GuestConnection connection, HttpRefusal refusal)
    {
        Log(connection, $"refused with {refusal.Status}: {refusal.Why}");
        using (CancellationTokenSource within = Within(s_closeTime))
        {
            await SendAsync(connection.Socket, refusal.ToResponse(), within.Token)
                .ConfigureAwait(false);
        }

        await CloseAsync(connection).ConfigureAwait(false);
    }

    /// <summary>
    /// Waits until the first bytes tell which of two they are, and leaves them where they are.
    /// </summary>
    /// <param name="socket">The guest's.</param>
    /// <param name="judge">True or false, or null while it cannot be told.</param>
    /// <param name="time">After this the answer is false.</param>
    private async ValueTask<bool> PeekAsync(
        Socket socket, Func<ReadOnlyMemory<byte>, bool?> judge, TimeSpan time)
    {
        byte[] first = new byte[16];
        using CancellationTokenSource within = Within(time);
        try
        {
            while (true)
            {
                int length = await socket.ReceiveAsync(first, SocketFlags.Peek, within.Token)
                    .ConfigureAwait(false);
                if (length == 0)
                {
                    return false;
                }

                if (judge(first.AsMemory(0, length)) is bool judged)
                {
                    return judged;
                }

                await Task.Delay(s_pause, within.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private static bool? IsConnect(ReadOnlyMemory<byte> first)
    {
        ReadOnlySpan<byte> method = ConnectHead.Method;
        int length = Math.Min(first.Length, method.Length);
        return !first.Span[..length].SequenceEqual(method[..length]) ? false
            : length == method.Length ? true : null;
    }
}
