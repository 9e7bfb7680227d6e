using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Slipway.Engine;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Control;

/// <summary>
/// Connections of clients to a guest's TCP port. /v1/connect?to=ADDRESS:PORT is answered with 101
/// when the guest has taken it; /tunnel?ip=ADDRESS&amp;port=PORT, as gvproxy has it, with the two
/// bytes "OK" at once, and with the end of the connection if the guest does not take it.
/// </summary>
internal sealed class GuestTunnel(
    NetworkEngine engine, ControlToken? token, CancellationToken stop)
{
    private const string Protocol = "tcp";

    /// <param name="client">Whose head has been read.</param>
    /// <param name="head">Null if it cannot be read.</param>
    /// <param name="kind">Upgrade or Tunnel.</param>
    public Task ServeAsync(Socket client, RawHead? head, RawKind kind) => head is null
        ? RefuseAsync(client, StatusCodes.Status400BadRequest, "the request cannot be read")
        : token?.Fits(head.Field("Authorization")) == false
            ? RefuseAsync(client, StatusCodes.Status401Unauthorized, ControlToken.Remedy)
        : kind == RawKind.Tunnel ? ServeTunnelAsync(client, head)
        : ServeUpgradeAsync(client, head);

    private async Task ServeTunnelAsync(Socket client, RawHead head)
    {
        IpEndpoint guest;
        try
        {
            string ip = head.Query("ip");
            guest = ip.Length == 0
                ? throw new GvproxyException(
                    StatusCodes.Status500InternalServerError, "ip is mandatory")
                : new IpEndpoint(
                    IpAddress.TryParse(ip, out IpAddress address) ? address : default,
                    GvproxyEndpoint.ParsePort(
                        head.Query("port"), StatusCodes.Status500InternalServerError));
        }
        catch (GvproxyException e)
        {
            await WriteAsync(
                client, e.Status, "text/plain; charset=utf-8",
                "X-Content-Type-Options: nosniff\r\n", Encoding.UTF8.GetBytes(e.Message + "\n"))
                .ConfigureAwait(false);
            return;
        }

        await SocketRelay.SendAsync(client, "OK"u8.ToArray(), stop).ConfigureAwait(false);
        using Socket connected = await engine.ConnectGuestAsync(guest, stop)
            .ConfigureAwait(false);
        await SocketRelay.RunAsync(client, connected, stop).ConfigureAwait(false);
    }

    private async Task ServeUpgradeAsync(Socket client, RawHead head)
    {
        if (!head.Field("Upgrade").Equals(Protocol, StringComparison.OrdinalIgnoreCase))
        {
            await RefuseAsync(
                client, StatusCodes.Status426UpgradeRequired,
                "this path is for HTTP's Upgrade; send Connection: Upgrade and Upgrade: tcp")
                .ConfigureAwait(false);
            return;
        }

        string to = head.Query("to");
        if (!IpEndpoint.TryParse(to, out IpEndpoint guest))
        {
            await RefuseAsync(
                client, StatusCodes.Status400BadRequest,
                $"to={to} is no guest's address and port; write to=192.168.127.2:80, or "
                    + "to=[fd5a:94ef:e40c::2]:80").ConfigureAwait(false);
            return;
        }

        Socket connected;
        try
        {
            connected = await engine.ConnectGuestAsync(guest, stop).ConfigureAwait(false);
        }
        catch (GuestConnectException e)
        {
            await RefuseAsync(client, StatusOf(e.Reason), e.Message).ConfigureAwait(false);
            return;
        }

        using (connected)
        {
            await SocketRelay.SendAsync(
                client,
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"u8
                    .ToArray(), stop).ConfigureAwait(false);
            await SocketRelay.RunAsync(client, connected, stop).ConfigureAwait(false);
        }
    }

    private static int StatusOf(HostError reason) => reason switch
    {
        HostError.NetworkUnreachable => StatusCodes.Status400BadRequest,
        HostError.NoResources => StatusCodes.Status503ServiceUnavailable,
        HostError.TimedOut => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status502BadGateway,
    };

    private Task RefuseAsync(Socket client, int status, string detail) => WriteAsync(
        client, status, "application/problem+json",
        status switch
        {
            StatusCodes.Status426UpgradeRequired => $"Upgrade: {Protocol}\r\n",
            StatusCodes.Status401Unauthorized => "WWW-Authenticate: Bearer\r\n",
            _ => "",
        },
        JsonSerializer.SerializeToUtf8Bytes(
            new Problem(ReasonPhrases.GetReasonPhrase(status), status, detail),
            ApiJsonContext.Default.Problem));

    private async Task WriteAsync(
        Socket client, int status, string type, string fields, byte[] body)
    {
        string head = $"HTTP/1.1 {status} {ReasonPhrases.GetReasonPhrase(status)}\r\n"
            + $"Content-Type: {type}\r\nContent-Length: {body.Length}\r\n{fields}"
            + "Connection: close\r\n\r\n";
        byte[] answer = [.. Encoding.ASCII.GetBytes(head), .. body];
        await SocketRelay.SendAsync(client, answer, stop).ConfigureAwait(false);
        client.Shutdown(SocketShutdown.Send);
    }
}
