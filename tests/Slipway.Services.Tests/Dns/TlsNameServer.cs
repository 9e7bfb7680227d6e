using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Slipway.Services.Tests.Dns;

/// <summary>A name server over TLS, with a certificate for a name or an address.</summary>
internal sealed class TlsNameServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Func<byte[], byte[]?> _answer;
    private readonly X509Certificate2 _certificate;
    private readonly List<Socket> _open = [];
    private int _connections;
    private int _queries;

    /// <param name="answer">From a query to a response; null ends the connection.</param>
    /// <param name="name">What the certificate is for; null for 127.0.0.1.</param>
    public TlsNameServer(Func<byte[], byte[]?> answer, string? name = null)
    {
        _answer = answer;
        using RSA key = RSA.Create(2048);
        CertificateRequest request =
            new("CN=slipway test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        SubjectAlternativeNameBuilder names = new();
        if (name is null)
        {
            names.AddIpAddress(IPAddress.Loopback);
        }
        else
        {
            names.AddDnsName(name);
        }

        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 made = request.CreateSelfSigned(
            DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        _certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        Authorities = [X509CertificateLoader.LoadCertificate(_certificate.RawData)];
        _listener.Start();
        _ = AcceptAsync();
    }

    public X509Certificate2Collection Authorities { get; }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    public int Connections => Volatile.Read(ref _connections);

    public int Queries => Volatile.Read(ref _queries);

    /// <summary>Ends the connections that are open.</summary>
    public void Drop()
    {
        lock (_open)
        {
            _open.ForEach(socket => socket.Dispose());
            _open.Clear();
        }
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _listener.Dispose();
        Drop();
        _certificate.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptSocketAsync(_stopping.Token);
                Interlocked.Increment(ref _connections);
                lock (_open)
                {
                    _open.Add(socket);
                }

                _ = ServeAsync(socket);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException
            or ObjectDisposedException)
        {
            return; // the test is over
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await using SslStream stream = new(new NetworkStream(socket, ownsSocket: true));
            await stream.AuthenticateAsServerAsync(_certificate);
            byte[] length = new byte[2];
            while (true)
            {
                await stream.ReadExactlyAsync(length, _stopping.Token);
                byte[] query = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(query, _stopping.Token);
                Interlocked.Increment(ref _queries);
                if (_answer(query) is not byte[] response)
                {
                    return;
                }

                byte[] framed = new byte[2 + response.Length];
                BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)response.Length);
                response.CopyTo(framed, 2);
                await stream.WriteAsync(framed, _stopping.Token);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException
            or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
        {
            return; // the other end closed, or did not trust this one
        }
    }
}
