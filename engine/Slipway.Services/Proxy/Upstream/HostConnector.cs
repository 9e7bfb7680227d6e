using System.Net;
using System.Net.Sockets;

namespace Slipway.Services;

/// <summary>
/// Connects to a name or an address. Of several addresses the next is tried when one fails or has
/// not answered for a moment, families in turn, and the first connection counts (RFC 8305 without
/// its history).
/// </summary>
internal sealed class HostConnector(
    Func<string, CancellationToken, ValueTask<IPAddress[]>> resolve, TimeSpan timeout,
    int descriptorCeiling = int.MaxValue)
{
    // RFC 8305 section 8: the recommended Connection Attempt Delay.
    private static readonly TimeSpan AttemptDelay = TimeSpan.FromMilliseconds(250);
    private const int MaxAddresses = 8;

    private readonly PreparedConnections _prepared = new();

    /// <summary>Connects, or takes a connection that stands already.</summary>
    /// <exception cref="SocketException">No address could be connected to in time.</exception>
    /// <exception cref="ProxyException">None of its addresses may be reached (403).</exception>
    public async Task<Socket> ConnectAsync(string host, int port, CancellationToken stop) =>
        _prepared.TryTake(host, port)
            ?? await DialAsync(host, port, stop).ConfigureAwait(false);

    /// <summary>Connects for somebody who will say later what it is for.</summary>
    /// <exception cref="SocketException">No address could be connected to in time.</exception>
    /// <exception cref="ProxyException">None of its addresses may be reached (403).</exception>
    public async Task<PreparedConnection> PrepareAsync(
        string host, int port, bool isDirect, CancellationToken stop) => _prepared.Add(
            host, port, await DialAsync(host, port, stop).ConfigureAwait(false), isDirect);

    private async Task<Socket> DialAsync(string host, int port, CancellationToken stop)
    {
        using CancellationTokenSource deadline =
            CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(timeout);
        try
        {
            IPAddress[] addresses = await LookUpAsync(host, deadline.Token).ConfigureAwait(false);
            return addresses.Length > 0
                ? await RaceAsync(InTurn(addresses), port, deadline.Token).ConfigureAwait(false)
                : throw new SocketException((int)SocketError.HostNotFound);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new SocketException((int)SocketError.TimedOut);
        }
    }

    /// <summary>The addresses of a name that guests may reach.</summary>
    /// <exception cref="SocketException">It has none, or nobody tells.</exception>
    public async Task<IPAddress[]> ResolveAsync(string host, CancellationToken stop)
    {
        try
        {
            return await LookUpAsync(host, stop).ConfigureAwait(false);
        }
        catch (ProxyException)
        {
            throw new SocketException((int)SocketError.HostNotFound);
        }
    }

    private async Task<IPAddress[]> LookUpAsync(string host, CancellationToken stop)
    {
        if (HostRule.TryParseAddress(host, out byte[] address))
        {
            return [new IPAddress(address)];
        }

        try
        {
            return await resolve(host, stop).AsTask().WaitAsync(stop).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException
            and not ProxyException { HttpStatus: 403 })
        {
            throw new SocketException((int)SocketError.HostNotFound);
        }
    }

    private static List<IPAddress> InTurn(IPAddress[] addresses)
    {
        AddressFamily first = addresses[0].AddressFamily;
        IPAddress[] one = [.. addresses.Where(address => address.AddressFamily == first)];
        IPAddress[] other = [.. addresses.Where(address => address.AddressFamily != first)];
        List<IPAddress> mixed = [];
        for (int i = 0; i < Math.Max(one.Length, other.Length); i++)
        {
            mixed.AddRange(one.Skip(i).Take(1));
            mixed.AddRange(other.Skip(i).Take(1));
        }

        return mixed[..Math.Min(mixed.Count, MaxAddresses)];
    }

    private async Task<Socket> RaceAsync(
        List<IPAddress> addresses, int port, CancellationToken stop)
    {
        using CancellationTokenSource race = CancellationTokenSource.CreateLinkedTokenSource(stop);
        List<Task<Socket>> running = [];
        SocketException? failure = null;
        int next = 0;
        try
        {
            while (true)
            {
                stop.ThrowIfCancellationRequested();
                if (next < addresses.Count)
                {
                    running.Add(ConnectOneAsync(addresses[next++], port, race.Token));
                }
                else if (running.Count == 0)
                {
                    throw failure ?? new SocketException((int)SocketError.HostUnreachable);
                }

                Task delay = Task.Delay(
                    next < addresses.Count ? AttemptDelay : Timeout.InfiniteTimeSpan, race.Token);
                Task first = await Task.WhenAny([.. running, delay]).ConfigureAwait(false);
                if (first is not Task<Socket> ended)
                {
                    continue;
                }

                running.Remove(ended);
                if (ended.IsCompletedSuccessfully)
                {
                    return await ended.ConfigureAwait(false);
                }

                // The first address is the one that a user expects to read about.
                failure ??= ended.Exception?.InnerException as SocketException;
            }
        }
        finally
        {
            await race.CancelAsync().ConfigureAwait(false);
            foreach (Task<Socket> late in running)
            {
                _ = late.ContinueWith(
                    task => Discard(task), CancellationToken.None,
                    TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
        }
    }

    private static void Discard(Task<Socket> late)
    {
        if (late.IsCompletedSuccessfully)
        {
            late.Result.Dispose();
        }
        else
        {
            _ = late.Exception;
        }
    }

    private async Task<Socket> ConnectOneAsync(
        IPAddress address, int port, CancellationToken stop)
    {
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (socket.SafeHandle.DangerousGetHandle() >= descriptorCeiling)
            {
                throw new SocketException((int)SocketError.TooManyOpenSockets);
            }

            socket.NoDelay = true;
            await socket.ConnectAsync(new IPEndPoint(address, port), stop).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
