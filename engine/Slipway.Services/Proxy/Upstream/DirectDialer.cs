using System.Net;
using System.Net.Sockets;

namespace Slipway.Services;

/// <summary>Opens connections without any upstream.</summary>
/// <param name="resolve">The addresses of a host that may be connected to, in their order.</param>
public sealed class DirectDialer(
    Func<string, CancellationToken, ValueTask<IReadOnlyList<IPAddress>>> resolve)
    : IProxyDialer, IWebProxy
{
    /// <summary>Of one address before the next (RFC 8305 section 5).</summary>
    private static readonly TimeSpan s_headStart = TimeSpan.FromMilliseconds(250);

    public IWebProxy WebProxy => this;

    public bool HasUpstream => false;

    ICredentials? IWebProxy.Credentials { get; set; }

    public async ValueTask<ProxyTunnel> ConnectAsync(ProxyTarget target, CancellationToken stop)
    {
        IReadOnlyList<IPAddress> addresses =
            await resolve(target.Host, stop).ConfigureAwait(false);
        using CancellationTokenSource ending =
            CancellationTokenSource.CreateLinkedTokenSource(stop);
        List<Task<ProxyTunnel>> attempts = [];
        SocketException? last = null;
        for (int next = 0; next < addresses.Count || attempts.Count > 0;)
        {
            if (next < addresses.Count)
            {
                attempts.Add(
                    ConnectAsync(addresses[next++], target.Port, ending.Token).AsTask());
            }

            Task pause = next < addresses.Count
                ? Task.Delay(s_headStart, ending.Token) : Task.Delay(-1, ending.Token);
            Task first = await Task.WhenAny([.. attempts, pause]).ConfigureAwait(false);
            if (first is not Task<ProxyTunnel> ended)
            {
                stop.ThrowIfCancellationRequested();
                continue;
            }

            attempts.Remove(ended);
            try
            {
                ProxyTunnel tunnel = await ended.ConfigureAwait(false);
                await ending.CancelAsync().ConfigureAwait(false);
                attempts.ForEach(Forget);
                return tunnel;
            }
            catch (SocketException e)
            {
                last = e;
            }
        }

        await ending.CancelAsync().ConfigureAwait(false);
        throw new ProxyException(
            last?.SocketErrorCode == SocketError.TimedOut ? 504 : 502,
            $"{target.Host} could not be connected to: "
                + $"{last?.SocketErrorCode ?? SocketError.HostNotFound}",
            last?.SocketErrorCode, last);
    }

    /// <summary>Connects to an address.</summary>
    /// <exception cref="SocketException">It does not answer, or not well.</exception>
    public static async ValueTask<ProxyTunnel> ConnectAsync(
        IPAddress address, int port, CancellationToken stop)
    {
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
        };
        try
        {
            await socket.ConnectAsync(address, port, stop).ConfigureAwait(false);
            return new ProxyTunnel
            {
                Stream = new NetworkStream(socket, ownsSocket: false), Socket = socket,
            };
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // One that was slower, whatever comes of it.
    private static void Forget(Task<ProxyTunnel> attempt) => _ = attempt.ContinueWith(
        static ended =>
        {
            if (ended.IsCompletedSuccessfully)
            {
                ended.Result.Dispose();
            }
            else
            {
                _ = ended.Exception;
            }
        },
        CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);

    Uri? IWebProxy.GetProxy(Uri destination) => null;

    bool IWebProxy.IsBypassed(Uri host) => true;
}
