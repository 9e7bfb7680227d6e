using System.Buffers;
using System.Net.Sockets;

namespace Slipway.Control;

/// <summary>
/// Copies between two sockets; the end of one direction is passed on as such. The other goes on as
/// long as it carries anything, as a guest's half-closed connection does: one that is silent for
/// <see cref="s_halfClosedTime"/> ends, or who never ends its side would keep it for ever.
/// </summary>
internal static class SocketRelay
{
    private const int BufferBytes = 64 * 1024;
    private static readonly TimeSpan s_halfClosedTime = TimeSpan.FromMinutes(15);

    /// <summary>Runs until both directions have ended; an error ends both.</summary>
    /// <param name="one">A socket.</param>
    /// <param name="other">Another one.</param>
    /// <param name="stop">Ends it.</param>
    /// <param name="halfClosedTime">
    /// How long the one direction that is left may be silent; null for what is usual.
    /// </param>
    public static async Task RunAsync(
        Socket one, Socket other, CancellationToken stop, TimeSpan? halfClosedTime = null)
    {
        using CancellationTokenSource ending =
            CancellationTokenSource.CreateLinkedTokenSource(stop);
        Ending both = new(ending, halfClosedTime ?? s_halfClosedTime);
        await Task.WhenAll(CopyAsync(one, other, both), CopyAsync(other, one, both))
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

    private static async Task CopyAsync(Socket from, Socket to, Ending ending)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer, ending.Token).ConfigureAwait(false)) > 0)
            {
                ending.NoteActive();
                await SendAsync(to, buffer.AsMemory(0, read), ending.Token).ConfigureAwait(false);
            }

            to.Shutdown(SocketShutdown.Send);
            ending.NoteHalfClosed();
        }
        catch
        {
            await ending.EndAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // What the two directions know of each other.
    private sealed class Ending(CancellationTokenSource source, TimeSpan patience)
    {
        private volatile bool _isHalfClosed;

        public CancellationToken Token { get; } = source.Token;

        public void NoteHalfClosed()
        {
            _isHalfClosed = true;
            source.CancelAfter(patience);
        }

        public void NoteActive()
        {
            if (_isHalfClosed)
            {
                source.CancelAfter(patience);
            }
        }

        public Task EndAsync() => source.CancelAsync();
    }
}
