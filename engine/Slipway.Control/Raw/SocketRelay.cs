using System.Buffers;
using System.Net.Sockets;

namespace Slipway.Control;

/// <summary>Copies between two sockets; the end of one direction is passed on as such.</summary>
internal static class SocketRelay
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>Runs until both directions have ended; an error ends both.</summary>
    public static async Task RunAsync(Socket one, Socket other, CancellationToken stop)
    {
        using CancellationTokenSource ending =
            CancellationTokenSource.CreateLinkedTokenSource(stop);
        await Task.WhenAll(CopyAsync(one, other, ending), CopyAsync(other, one, ending))
            .ConfigureAwait(false);
    }

    public static async Task SendAsync(
        Socket to, ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await to.SendAsync(bytes, stop).ConfigureAwait(false)..];
        }
    }

    private static async Task CopyAsync(Socket from, Socket to, CancellationTokenSource ending)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer, ending.Token).ConfigureAwait(false)) > 0)
            {
                await SendAsync(to, buffer.AsMemory(0, read), ending.Token).ConfigureAwait(false);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            await ending.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
