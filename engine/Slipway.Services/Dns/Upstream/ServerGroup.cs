using Slipway.Wire;

namespace Slipway.Services;

/// <summary>Name servers that are asked for the same names, in turn.</summary>
/// <param name="configuration">How they are asked.</param>
/// <param name="servers">In the order of the configuration.</param>
internal sealed class ServerGroup(
    ResolverConfiguration configuration, IReadOnlyList<NameServer> servers)
{
    private int _rotation;

    /// <summary>
    /// Asks the servers in turn, as often as the configuration says. A server that fails or refuses
    /// is no better than none while there is another one; what it said is passed on in the end.
    /// </summary>
    public async Task<byte[]?> AskAsync(UpstreamQuery query, CancellationToken stop)
    {
        int first = configuration.Rotate
            ? (int)((uint)Interlocked.Increment(ref _rotation) % (uint)servers.Count) : 0;
        byte[]? failure = null;
        for (int attempt = 0; attempt < configuration.Attempts && failure is null; attempt++)
        {
            // With none that is known to answer, all are worth a try.
            IReadOnlyList<NameServer> usable = [.. servers.Where(server => server.TryUse())];
            usable = usable.Count > 0 ? usable : servers;
            for (int i = 0; i < usable.Count && !stop.IsCancellationRequested; i++)
            {
                byte[]? response = await usable[(first + i) % usable.Count]
                    .AskAsync(query, configuration.Timeout, stop).ConfigureAwait(false);
                if (response is not null && !IsFailure(response))
                {
                    return response;
                }

                failure = response ?? failure;
            }
        }

        return failure;
    }

    /// <summary>The server could not, or would not, say anything of the name.</summary>
    public static bool IsFailure(byte[] response)
    {
        DnsMessage.TryParse(response, out DnsMessage message);
        return message.ResponseCode is DnsResponseCode.ServerFailure
            or DnsResponseCode.NotImplemented
            or DnsResponseCode.Refused;
    }
}
