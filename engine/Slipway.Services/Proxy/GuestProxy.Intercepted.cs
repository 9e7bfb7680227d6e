using System.Text;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// Connections of guests that know of no proxy. The name that the upstream is told is in their
/// first bytes, so that they are answered before it is asked; when it fails they end in RST.
/// </summary>
public sealed partial class GuestProxy
{
    private const int HttpPort = 80;
    private const int HttpsPort = 443;

    private async Task ServeInterceptedAsync(GuestConnection connection)
    {
        if (IsHttp(connection.Destination.Port) && _requests is not null)
        {
            if (await PeekAsync(connection.Socket, IsRequest, _settings.FirstByteTime)
                .ConfigureAwait(false))
            {
                _ = await _requests.ServeAsync(connection, isTransparent: true, _stop)
                    .ConfigureAwait(false);
                await CloseAsync(connection).ConfigureAwait(false);
                return;
            }

            await PassAsync(connection, null, default).ConfigureAwait(false);
            return;
        }

        GuestReader reader = new(connection.Socket, ClientHello.MaximumBytes);
        string? name = await ReadNameAsync(reader).ConfigureAwait(false);
        await PassAsync(connection, name, reader.Memory).ConfigureAwait(false);
    }

    // Each piece has its time, and all of them together theirs.
    private async ValueTask<string?> ReadNameAsync(GuestReader reader)
    {
        byte[] message = new byte[ClientHello.MaximumBytes];
        using CancellationTokenSource whole = Within(_settings.HeadTime);
        try
        {
            ClientHelloResult result = ClientHelloResult.Incomplete;
            while (result == ClientHelloResult.Incomplete)
            {
                using CancellationTokenSource within =
                    CancellationTokenSource.CreateLinkedTokenSource(whole.Token);
                within.CancelAfter(_settings.FirstByteTime);
                if (!await reader.ReadAsync(within.Token).ConfigureAwait(false))
                {
                    return null;
                }

                result = ClientHello.Read(reader.Span, message, out ReadOnlySpan<byte> name);
                if (result == ClientHelloResult.Named)
                {
                    return Encoding.ASCII.GetString(name).ToLowerInvariant().TrimEnd('.');
                }
            }
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            return null; // a server that speaks first, or a guest that has stopped
        }

        return null;
    }

    private async ValueTask PassAsync(
        GuestConnection connection, string? name, ReadOnlyMemory<byte> read)
    {
        IpEndpoint destination = connection.Destination;

        // A name that leads to the host, or nowhere, is not what the address was.
        bool isNamed = name is not null && _parts.Reach.Judge(name) == ProxyVerdict.Allowed;
        ProxyPurpose purpose = IsHttp(destination.Port) ? ProxyPurpose.Http
            : isNamed || destination.Port == HttpsPort ? ProxyPurpose.Https : ProxyPurpose.Other;
        try
        {
            ProxyTunnel tunnel = await DialAsync(new ProxyTarget(
                purpose, isNamed ? name! : destination.Address.ToString(), destination.Port))
                .ConfigureAwait(false);
            await JoinAsync(connection, tunnel, default, read).ConfigureAwait(false);
        }
        catch (ProxyException e)
        {
            Log(connection, $"{(isNamed ? name : destination.Address)}:{destination.Port} "
                + $"failed: {e.Message}");
            connection.Fail();
        }
    }

    // METHOD and a blank, or what may become that.
    private static bool? IsRequest(ReadOnlyMemory<byte> first)
    {
        ReadOnlySpan<byte> span = first.Span;
        int length = 0;
        while (length < span.Length && span[length] is >= (byte)'A' and <= (byte)'Z')
        {
            length++;
        }

        return length == 0 ? false
            : length < span.Length ? span[length] == ' '
            : length < 16 ? null : false;
    }
}
