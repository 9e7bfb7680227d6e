using System.Net.Security;
using System.Net.Sockets;

namespace Slipway.Services;

/// <summary>Copies between a guest and a stream that cannot be handed to its flow.</summary>
internal static class Relay
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>Runs until both directions have ended; an error ends both.</summary>
    public static async Task RunAsync(Socket guest, Stream upstream, CancellationToken stop)
    {
        using CancellationTokenSource ending =
            CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task[] ways = [UpAsync(guest, upstream, ending), DownAsync(upstream, guest, ending)];
        await Task.WhenAll(ways).ConfigureAwait(false);
    }

    private static async Task UpAsync(
        Socket guest, Stream upstream, CancellationTokenSource ending)
    {
        byte[] buffer = new byte[BufferBytes];
        try
        {
            int read;
            while ((read = await guest.ReceiveAsync(buffer, ending.Token).ConfigureAwait(false))
                > 0)
            {
                await upstream.WriteAsync(buffer.AsMemory(0, read), ending.Token)
                    .ConfigureAwait(false);
                await upstream.FlushAsync(ending.Token).ConfigureAwait(false);
            }

            await EndAsync(upstream).ConfigureAwait(false);
        }
        catch
        {
            await ending.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static Task EndAsync(Stream upstream) =>
        ProxyFeatures.HasTls && upstream is SslStream tls ? tls.ShutdownAsync()
            : Task.CompletedTask;

    private static async Task DownAsync(
        Stream upstream, Socket guest, CancellationTokenSource ending)
    {
        byte[] buffer = new byte[BufferBytes];
        try
        {
            int read;
            while ((read = await upstream.ReadAsync(buffer, ending.Token).ConfigureAwait(false))
                > 0)
            {
                for (int sent = 0; sent < read;)
                {
                    sent += await guest.SendAsync(buffer.AsMemory(sent, read - sent), ending.Token)
                        .ConfigureAwait(false);
                }
            }

            guest.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            await ending.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }
}
