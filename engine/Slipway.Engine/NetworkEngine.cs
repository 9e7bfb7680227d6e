using Slipway.Host;
using Slipway.Links;
using Slipway.Services;
using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>
/// The whole engine: guests' links on one side, the host's sockets on the other, the stack and the
/// services between them. One thread runs it (<see cref="Run"/>); everything else reaches it
/// through the mailbox.
/// </summary>
/// <remarks>
/// <code>
///   commands -> links -> switch -> ip -> flow -> host sockets
///            -> ready host sockets -> flow -> frames -> timers -> flush
/// </code>
/// </remarks>
public sealed partial class NetworkEngine : IDisposable
{
    private readonly IEngineLog _log;
    private readonly Reactor _reactor;
    private readonly Mailbox _mailbox;
    private readonly GuestStack _stack;
    private readonly DhcpServer? _dhcp;
    private readonly DnsServer _dns;
    private readonly DnsEndpoint _dnsEndpoint;
    private readonly List<GuestLink> _links = [];
    private readonly List<PublishedTcpPort> _publishedTcp = [];
    private readonly TurnClock _clock = new();
    private long _resourcesReported;
    private volatile bool _stopping;

    /// <summary>What the engine has counted since its start; read from any thread.</summary>
    public Counters Counters => _stack.Counters;

    /// <summary>
    /// Stops <see cref="Run"/> at the end of the turn; from any thread, more than once.
    /// </summary>
    public void Stop()
    {
        _stopping = true;
        _reactor.Wake();
    }

    /// <summary>Takes turns until <see cref="Stop"/>. Once, on one thread.</summary>
    public void Run()
    {
        EngineEventSource.Log.Attach(Counters, _clock);
        while (!_stopping)
        {
            TakeTurn();
        }
    }

    public void Dispose()
    {
        _dnsEndpoint.Dispose();
        foreach (PublishedTcpPort port in _publishedTcp)
        {
            port.Close();
        }

        foreach (GuestLink link in _links)
        {
            link.Dispose();
        }

        _dhcp?.Dispose();
        _dns.Dispose();
        _reactor.Dispose();
    }

    /// <summary>One turn; waits at most until the next deadline.</summary>
    private void TakeTurn()
    {
        _clock.BeginTurn();
        _reactor.Wait(WaitNanoseconds());
        _clock.End(TurnStage.Wait);
        Instant now = Reactor.Now();
        _mailbox.Run(now);
        _clock.End(TurnStage.Commands);
        _reactor.DispatchLinks(now);
        _clock.End(TurnStage.Links);
        _reactor.DispatchHost(now);
        _clock.End(TurnStage.Host);
        _stack.Advance(now);
        _clock.End(TurnStage.Timers);
        foreach (GuestLink link in _links)
        {
            link.Flush(now);
        }

        _clock.End(TurnStage.Flush);
        ReportResources();
    }

    private long WaitNanoseconds()
    {
        if (_stack.HasPendingWork)
        {
            return 0;
        }

        Instant next = _stack.NextDeadline;
        return next == Instant.Never ? -1 : Math.Max(0, (next - Reactor.Now()).Nanoseconds);
    }

    /// <summary>
    /// Says once that the host's descriptors or memory are used up, and again if it recurs.
    /// </summary>
    private void ReportResources()
    {
        long refused = _stack.Counters.Dropped(DropReason.HostResources);
        if (_resourcesReported == 0 && refused > 0)
        {
            _log.Write(LogLevel.Warning,
                "out of file descriptors or memory: new flows are refused, open ones go on; "
                + "raise the limit (ulimit -n) or see 'slipway doctor'");
        }

        _resourcesReported = refused;
    }
}
