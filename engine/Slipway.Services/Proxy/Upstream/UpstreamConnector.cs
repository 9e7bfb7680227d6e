using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Slipway.Services;

/// <summary>Opens a tunnel by one upstream, or directly.</summary>
internal sealed class UpstreamConnector(
    HostConnector connector, string? caFile, TimeSpan handshakeTimeout)
{
    // RFC 5280 section 4.2.1.12: what the certificate may be used for.
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <exception cref="UpstreamFailure">Says why there is none.</exception>
    public async Task<ProxyTunnel> OpenAsync(
        ProxyServer server, ProxyTarget target, CancellationToken stop)
    {
        bool isDirect = server.Kind == ProxyServerKind.Direct;
        (string host, int port) = PlaceOf(server, target);
        Socket socket = await ExplainedAsync(
            connector.ConnectAsync(host, port, stop), isUpstream: !isDirect).ConfigureAwait(false);
        NetworkStream plain = new(socket, ownsSocket: true);
        if (isDirect)
        {
            return new ProxyTunnel(plain, socket, default, null);
        }

        using CancellationTokenSource deadline =
            CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(handshakeTimeout);
        Stream stream = plain;
        try
        {
            if (server.Kind == ProxyServerKind.Https)
            {
                stream = await EncryptAsync(plain, server.Host, deadline.Token)
                    .ConfigureAwait(false);
            }

            ReadOnlyMemory<byte> early = default;
            if (server.Kind == ProxyServerKind.Socks5)
            {
                await SocksHandshake.PerformAsync(
                    stream, server, target.Host, target.Port, deadline.Token).ConfigureAwait(false);
            }
            else
            {
                early = await ConnectHandshake.PerformAsync(
                    stream, server, target.Host, target.Port, deadline.Token).ConfigureAwait(false);
            }

            return new ProxyTunnel(
                stream, stream == plain ? socket : null, early, server.ToString());
        }
        catch (Exception error)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            await plain.DisposeAsync().ConfigureAwait(false);
            throw stop.IsCancellationRequested ? error : Explain(error);
        }
    }

    /// <summary>Connects to one upstream, or directly, and says nothing yet.</summary>
    /// <exception cref="UpstreamFailure">Says why it cannot.</exception>
    public Task<PreparedConnection> PrepareAsync(
        ProxyServer server, ProxyTarget target, CancellationToken stop)
    {
        bool isDirect = server.Kind == ProxyServerKind.Direct;
        (string host, int port) = PlaceOf(server, target);
        return ExplainedAsync(
            connector.PrepareAsync(host, port, isDirect, stop), isUpstream: !isDirect);
    }

    /// <summary>TLS to the proxy itself, which is verified by its name.</summary>
    private SslClientAuthenticationOptions TlsOptions(string host)
    {
        SslClientAuthenticationOptions options = new() { TargetHost = host };
        if (caFile is not null)
        {
            options.CertificateChainPolicy = Policy(caFile);
        }

        return options;
    }

    /// <summary>The same judgement for TLS that the HTTP library does.</summary>
    public bool Accepts(X509Certificate? certificate, X509Chain? sent, SslPolicyErrors errors)
    {
        if (caFile is null)
        {
            return errors == SslPolicyErrors.None;
        }

        if ((errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None
            || certificate is not X509Certificate2 own)
        {
            return false;
        }

        try
        {
            using X509Chain chain = new() { ChainPolicy = Policy(caFile) };
            foreach (X509ChainElement element in sent?.ChainElements ?? chain.ChainElements)
            {
                chain.ChainPolicy.ExtraStore.Add(element.Certificate);
            }

            return chain.Build(own);
        }
        catch (Exception error) when (error is CryptographicException or IOException
            or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static X509ChainPolicy Policy(string caFile)
    {
        X509ChainPolicy policy = new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.ImportFromPemFile(caFile);
        policy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        return policy;
    }

    private Task<Stream> EncryptAsync(
        NetworkStream plain, string host, CancellationToken stop) => ProxyFeatures.HasTls
        ? AuthenticateAsync(plain, host, stop)
        : throw new UpstreamFailure("this build has no https:// upstreams", 502, null, null);

    private async Task<Stream> AuthenticateAsync(
        NetworkStream plain, string host, CancellationToken stop)
    {
        SslClientAuthenticationOptions options;
        try
        {
            options = TlsOptions(host);
        }
        catch (Exception error) when (error is CryptographicException or IOException
            or UnauthorizedAccessException)
        {
            throw new UpstreamFailure(
                $"the certificates in {caFile} cannot be read ({error.Message}); see proxy.caFile",
                502, null, error);
        }

        SslStream stream = new(plain, leaveInnerStreamOpen: false);
        try
        {
            await stream.AuthenticateAsClientAsync(options, stop).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Where the connection goes, of whatever is said on it afterwards.</summary>
    private static (string Host, int Port) PlaceOf(ProxyServer server, in ProxyTarget target) =>
        server.Kind == ProxyServerKind.Direct
            ? (target.Address ?? target.Host, target.Port) : (server.Host, server.Port);

    private static async Task<T> ExplainedAsync<T>(Task<T> connecting, bool isUpstream)
    {
        try
        {
            return await connecting.ConfigureAwait(false);
        }
        catch (SocketException error)
        {
            throw UpstreamFailure.Of(error, isUpstream);
        }
        catch (ProxyException refused)
        {
            throw UpstreamFailure.Of(refused, isUpstream);
        }
    }

    private static UpstreamFailure Explain(Exception error) => error switch
    {
        UpstreamFailure failure => failure,
        OperationCanceledException => new UpstreamFailure(
            "it did not answer in time", 504, SocketError.TimedOut, error)
        { IsDead = true },
        AuthenticationException => new UpstreamFailure(
            $"TLS with it failed ({error.Message}); see proxy.caFile", 502, null, error)
        {
            IsDead = true,
        },
        EndOfStreamException => new UpstreamFailure(
            "it closed the connection before it answered", 502, null, error)
        { IsDead = true },
        IOException { InnerException: SocketException inner } =>
            UpstreamFailure.Of(inner, isUpstream: true),
        _ => new UpstreamFailure($"failed ({error.Message})", 502, null, error) { IsDead = true },
    };
}
