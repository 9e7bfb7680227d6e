using System.Net.Sockets;
using System.Text;
using Slipway.Engine;
using Slipway.Linux;
using Slipway.Wire;

namespace Slipway.Control;

/// <summary>
/// Tells connections that become something else than HTTP from those of the web server, and serves
/// them.
/// </summary>
/// <remarks>
/// Theory of operation. The first bytes of a connection are looked at and left in the socket
/// (MSG_PEEK). What is the web server's it then reads from the start. What is not loses its head,
/// byte by byte up to the empty line, and all behind that is the other side's: nothing that a
/// client sends ahead is lost, and the end of one direction leaves the other open, which no web
/// server does.
/// </remarks>
internal sealed class RawRequests(
    NetworkEngine engine, bool takesGuests, ControlToken? token, CancellationToken stop)
{
    private const int PeekBytes = 4_096;
    private const int MostHeadBytes = 16_384;

    /// <summary>A client that has begun a line and does not end it is looked at so often.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    private static readonly (string Path, RawKind Kind)[] s_paths =
    [
        ("/v1/connect", RawKind.Upgrade), ("/tunnel", RawKind.Tunnel), ("/connect", RawKind.Frames),
    ];

    private readonly GuestTunnel _tunnel = new(engine, token, stop);

    /// <summary>
    /// A client has so long to say what it wants, and for all of the head if it is served here.
    /// </summary>
    public TimeSpan HeadTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Serves a connection to its end, if it is not the web server's; else nothing of it has been
    /// read. Never throws.
    /// </summary>
    /// <param name="client">Owned from here on if this returns true.</param>
    public async Task<bool> TryServeAsync(Socket client)
    {
        try
        {
            using CancellationTokenSource within =
                CancellationTokenSource.CreateLinkedTokenSource(stop);
            within.CancelAfter(HeadTime);
            RawKind kind = await TellAsync(client, within.Token).ConfigureAwait(false);
            if (kind == RawKind.Http || (kind == RawKind.Frames && !takesGuests))
            {
                return false;
            }

            if (kind == RawKind.Frames)
            {
                AdmitGuest(client);
                return true;
            }

            using (client)
            {
                byte[] head = await ReadHeadAsync(client, within.Token).ConfigureAwait(false);
                within.CancelAfter(Timeout.InfiniteTimeSpan);
                await _tunnel.ServeAsync(client, RawHead.Parse(head), kind).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or IOException
            or OperationCanceledException or ObjectDisposedException)
        {
            client.Dispose(); // it has left, says nothing, or the engine ends
        }

        return true;
    }

    /// <summary>What a connection begins with.</summary>
    internal static RawKind Tell(ReadOnlySpan<byte> begin)
    {
        const int longestMethod = 8;
        int space = begin.IndexOf((byte)' ');
        if (space < 0)
        {
            return begin.Length > longestMethod
                || begin.IndexOfAnyExceptInRange((byte)'A', (byte)'Z') >= 0
                ? RawKind.Http : RawKind.Unknown;
        }

        ReadOnlySpan<byte> path = begin[(space + 1)..];
        foreach ((string text, RawKind kind) in s_paths)
        {
            ReadOnlySpan<byte> known = Encoding.ASCII.GetBytes(text);
            if (path.Length <= known.Length)
            {
                if (known.StartsWith(path))
                {
                    return RawKind.Unknown;
                }
            }
            else if (path.StartsWith(known) && path[known.Length] is (byte)' ' or (byte)'?')
            {
                return kind != RawKind.Frames || begin[..space].SequenceEqual("POST"u8)
                    ? kind : RawKind.Http;
            }
        }

        return RawKind.Http;
    }

    private static async Task<RawKind> TellAsync(Socket client, CancellationToken stop)
    {
        byte[] begin = new byte[64];
        while (true)
        {
            int read = await client.ReceiveAsync(begin, SocketFlags.Peek, stop)
                .ConfigureAwait(false);
            RawKind kind = read == 0 ? RawKind.Http : Tell(begin.AsSpan(0, read));
            if (kind != RawKind.Unknown)
            {
                return kind;
            }

            await Task.Delay(s_pause, stop).ConfigureAwait(false);
        }
    }

    // Up to the empty line and no byte more.
    private static async Task<byte[]> ReadHeadAsync(Socket client, CancellationToken stop)
    {
        byte[] head = new byte[MostHeadBytes];
        int length = 0;
        while (true)
        {
            int most = Math.Min(PeekBytes, head.Length - length);
            int seen = await client.ReceiveAsync(
                head.AsMemory(length, most), SocketFlags.Peek, stop).ConfigureAwait(false);
            int end = HttpSyntax.FindHeadEnd(head.AsSpan(0, length + seen), length);
            int taken = end == 0 ? seen : end - length;
            length += await client.ReceiveAsync(head.AsMemory(length, taken), stop)
                .ConfigureAwait(false);
            if (end != 0)
            {
                return head[..(length - 4)];
            }

            if (seen == 0 || length == head.Length)
            {
                throw new IOException("the head has no end");
            }
        }
    }

    private void AdmitGuest(Socket client)
    {
        int descriptor = Files.Duplicate((int)client.SafeHandle.DangerousGetHandle());
        EpollSets.Leave((int)client.SafeHandle.DangerousGetHandle());
        client.Dispose();
        if (descriptor >= 0)
        {
            engine.AdmitGuest(descriptor, LinkFraming.Connect);
        }
    }
}
