namespace Slipway.Services;

/// <summary>The host's resolver, asked by a process beside the engine.</summary>
internal sealed class RemoteAddressLookup(ResolverProcess process) : IAddressLookup
{
    // The process answers by the deadline itself, whatever its threads do.
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(5);

    public async Task<LocalName?> FindAsync(
        byte[] name, bool ipv4, int link, TimeSpan deadline, CancellationToken stop)
    {
        using CancellationTokenSource limit =
            CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(deadline);
        try
        {
            PendingFind question = new(ipv4);
            if (await process.ConnectAsync(limit.Token).ConfigureAwait(false)
                is not ResolverConnection connection
                || !connection.TryAdd(question, deadline + s_grace, out uint id))
            {
                return null;
            }

            // Whoever stops waiting leaves it be: it is sent, and what comes of it is dropped.
            _ = connection.SendAsync(new FindRequest(
                name, ipv4, link, (int)deadline.TotalMilliseconds).Write(id));
            return await question.Answer.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>The process is the engine's.</summary>
    public void Dispose()
    {
    }
}
