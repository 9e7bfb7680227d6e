using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Slipway.Services;

/// <summary>
/// DNS over TLS to one server (RFC 7858): a connection that is kept open, on which queries go out
/// one behind the other and answers come as they do. A connection that has ended is opened anew by
/// the next query; those that waited on it are asked once more.
/// </summary>
/// <param name="server">Its certificate must have its name, or its address where none is
/// named.</param>
/// <param name="authorities">Who may vouch for it; null for whom the host trusts.</param>
internal sealed class TlsChannel(
    NameServerEndpoint server, X509Certificate2Collection? authorities) : IDisposable
{
    // A server closes what is idle (RFC 7858 section 3.4); this end does so before most of them.
    private static readonly TimeSpan s_idleTime = TimeSpan.FromSeconds(15);
    private readonly SemaphoreSlim _opening = new(1);
    private readonly CancellationTokenSource _stopping = new();
    private volatile TlsConnection? _connection;

    /// <returns>
    /// The response, null for none in time; and whether the server had its chance.
    /// </returns>
    public async Task<(byte[]? Response, bool IsSent)> AskAsync(
        UpstreamQuery query, TimeSpan timeout, CancellationToken stop)
    {
        using CancellationTokenSource deadline =
            CancellationTokenSource.CreateLinkedTokenSource(stop, _stopping.Token);
        deadline.CancelAfter(timeout);
        try
        {
            const int attempts = 2;
            for (int i = 0; i < attempts; i++)
            {
                TlsConnection connection = await OpenAsync(deadline.Token).ConfigureAwait(false);
                byte[]? response =
                    await connection.AskAsync(query, deadline.Token).ConfigureAwait(false);
                if (response is not null)
                {
                    return (response, true);
                }
            }
        }
        catch (Exception error) when (error is IOException or SocketException
            or AuthenticationException or OperationCanceledException or ObjectDisposedException)
        {
            return (null, true); // as a server that does not answer: strict, never without TLS
        }

        return (null, true);
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _connection?.Dispose();
    }

    private async Task<TlsConnection> OpenAsync(CancellationToken stop)
    {
        if (_connection is { IsOpen: true } open)
        {
            return open;
        }

        await _opening.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            if (_connection is { IsOpen: true } opened)
            {
                return opened;
            }

            _connection?.Dispose();
            TlsConnection made = new(await ConnectAsync(stop).ConfigureAwait(false), s_idleTime);
            _connection = made;
            if (_stopping.IsCancellationRequested)
            {
                made.Dispose();
            }

            return made;
        }
        finally
        {
            _opening.Release();
        }
    }

    private async Task<SslStream> ConnectAsync(CancellationToken stop)
    {
        Socket socket =
            new(server.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        SslStream? stream = null;
        try
        {
            socket.NoDelay = true;
            await socket.ConnectAsync(server.EndPoint, stop).ConfigureAwait(false);
            stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await stream.AuthenticateAsClientAsync(Options(), stop).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            stream?.Dispose();
            socket.Dispose();
            throw;
        }
    }

    private SslClientAuthenticationOptions Options()
    {
        SslClientAuthenticationOptions options = new()
        {
            TargetHost = server.TlsName ?? server.EndPoint.Address.ToString(),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (authorities is not null)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        return options;
    }
}
