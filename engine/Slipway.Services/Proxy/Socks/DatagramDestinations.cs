using System.Net;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// Where the datagrams of one association may go, by the rules that hold for connections: judged,
/// routed and looked up once for many datagrams, and again after a while. For one thread.
/// </summary>
internal sealed class DatagramDestinations(
    ProxyParts parts, Action<string> log, CancellationToken stop)
{
    /// <summary>When there are so many all are forgotten, and judged anew.</summary>
    private const int Most = 256;

    // Settings that change, and names, count from the next datagram after this time.
    private const long KeptMs = 5_000;

    private readonly Dictionary<byte[], Entry> _entries = new(OctetsComparer.Instance);

    /// <summary>The way to a destination; null when none may be taken, or none is known.</summary>
    /// <param name="address">As SOCKS5 writes it.</param>
    public Task<DatagramWay?> FindAsync(ReadOnlySpan<byte> address)
    {
        Dictionary<byte[], Entry>.AlternateLookup<ReadOnlySpan<byte>> entries =
            _entries.GetAlternateLookup<ReadOnlySpan<byte>>();
        long now = Environment.TickCount64;
        bool isKnown = entries.TryGetValue(address, out Entry known);
        if (isKnown && (now < known.Until || !known.Way.IsCompleted))
        {
            return known.Way;
        }

        if (!isKnown && _entries.Count >= Most)
        {
            _entries.Clear();
        }

        Authority target = SocksAddress.Read(address);
        Task<DatagramWay?> way = FindAsync(target, isKnown ? known.Way.Result : null);
        entries[address] = new Entry(way, now + KeptMs);
        return way;
    }

    private async Task<DatagramWay?> FindAsync(Authority target, DatagramWay? before)
    {
        if (target.Host.Length == 0 || target.Port == 0)
        {
            return null;
        }

        try
        {
            IPAddress host = await JudgeAsync(target, before?.Host.Address).ConfigureAwait(false);
            IpAddress guest = IPAddress.TryParse(target.Host, out IPAddress? named)
                ? IpAddress.From(named) : parts.Reach.ToGuest(host);
            return new DatagramWay(new IPEndPoint(host, target.Port), guest);
        }
        catch (ProxyException e)
        {
            log($"SOCKS: datagrams to {target} are dropped: {e.Message}");
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            log($"SOCKS: datagrams to {target} are dropped: its name took too long");
        }

        return null;
    }

    private async Task<IPAddress> JudgeAsync(Authority target, IPAddress? before)
    {
        ProxyVerdict verdict = parts.Reach.Judge(
            target.Host, target.Port, IpProtocol.Udp);
        if (verdict.Refusal is string why)
        {
            throw new ProxyException(why, 403);
        }

        if (verdict.Loopback is IPAddress loopback)
        {
            return loopback;
        }

        using CancellationTokenSource within =
            CancellationTokenSource.CreateLinkedTokenSource(stop);
        within.CancelAfter(parts.Settings.DialTime);
        await parts.Dialer.CheckDirectAsync(
            GuestProxy.TargetOf(target), within.Token).ConfigureAwait(false);
        IPAddress[] found = await parts.Reach.ResolveAsync(target.Host, within.Token)
            .ConfigureAwait(false);

        // Of a name's addresses the one that the guest talks to already.
        return before is not null && Array.IndexOf(found, before) >= 0 ? before : found[0];
    }

    private readonly record struct Entry(Task<DatagramWay?> Way, long Until);
}
