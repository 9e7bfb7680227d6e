using System.Text;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// Connections of guests that know of no proxy.
/// </summary>
/// <remarks>
/// They are answered when a connection stands to the upstream that the address alone leads to, and
/// by RST when there is none. The name that the upstream is told is in the guest's first bytes. It
/// may lead elsewhere: that is then dialed, and what fails ends in RST.
/// </remarks>
public sealed partial class GuestProxy
{
    private const int HttpPort = 80;
    private const int HttpsPort = 443;

    private async Task ServeInterceptedAsync(GuestConnection connection)
    {
        IpEndpoint destination = connection.Destination;
        PreparedConnection? prepared;
        try
        {
            using CancellationTokenSource within = Within(_settings.DialTime);
            prepared = await _parts.Dialer.PrepareAsync(
                TargetOf(destination, null), within.Token).ConfigureAwait(false);
        }
        catch (ProxyException e)
        {
            Log(connection, $"{destination} failed: {e.Message}");
            connection.Fail(HostError.Refused);
            return;
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            Log(connection, $"{destination} failed: the connection took too long");
            connection.Fail(HostError.Refused);
            return;
        }

        using (prepared)
        {
            connection.Answer();
            await ServeAnsweredAsync(connection, prepared).ConfigureAwait(false);
        }
    }

    private async Task ServeAnsweredAsync(
        GuestConnection connection, PreparedConnection? prepared)
    {
        if (IsHttp(connection.Destination.Port) && _requests is not null)
        {
            if (await PeekAsync(connection.Socket, IsRequest, _settings.FirstByteTime)
                .ConfigureAwait(false))
            {
                if (prepared is { IsDirect: true })
                {
                    prepared.Dispose(); // requests go by their names
                }

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
        try
        {
            ProxyTunnel tunnel = await DialAsync(TargetOf(destination, isNamed ? name : null))
                .ConfigureAwait(false);
            await JoinAsync(connection, tunnel, default, read).ConfigureAwait(false);
        }
        catch (ProxyException e)
        {
            Log(connection, $"{(isNamed ? name : destination.Address)}:{destination.Port} "
                + $"failed: {e.Message}");
            connection.Fail(HostError.Reset);
        }
    }

    private ProxyTarget TargetOf(in IpEndpoint destination, string? name)
    {
        string address = destination.Address.ToString();
        return new ProxyTarget(
            IsHttp(destination.Port) ? ProxyPurpose.Http
                : name is not null || destination.Port == HttpsPort ? ProxyPurpose.Https
                : ProxyPurpose.Other,
            name ?? address, destination.Port, address);
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
