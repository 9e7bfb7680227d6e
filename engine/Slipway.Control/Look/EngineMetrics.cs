using System.Globalization;
using Slipway.Engine;
using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Control;

/// <summary>What an engine has counted and measured, as metrics. All labels are bounded.</summary>
internal static class EngineMetrics
{
    private static readonly (string Name, Func<DnsCounters, long> Count)[] s_dns =
    [
        ("answered_locally", counters => counters.AnsweredLocally),
        ("cached", counters => counters.Cached),
        ("stale", counters => counters.Stale),
        ("forwarded", counters => counters.Forwarded),
        ("looked_up", counters => counters.LookedUp),
        ("merged", counters => counters.Merged),
        ("failed", counters => counters.Failed),
        ("dropped", counters => counters.Dropped),
        ("limited", counters => counters.Limited),
        ("malformed", counters => counters.Malformed),
    ];

    public static void Write(MetricsWriter writer, NetworkEngine engine, string version)
    {
        Counters counters = engine.Counters;
        writer.Gauge("slipway_build_info", "The program that runs; always 1.");
        writer.Sample(1, ("version", version));
        WriteFrames(writer, counters);
        WriteFlows(writer, engine, counters);
        WriteDrops(writer, counters);
        WriteBounds(writer, engine.ListBounds());
        WriteNames(writer, engine.DnsCounters);
        writer.Gauge(
            "slipway_leases", "Guests' addresses that are leased.", engine.ListLeases().Count);
        writer.Gauge(
            "slipway_published_ports", "Ports of the host that lead to guests.",
            engine.PublishedPorts.Count);
        writer.Gauge(
            "slipway_services", "Services and interceptions that are set up.",
            engine.Services.Count);
        WriteTurns(writer, engine.MeasureTurns());
        writer.Counter(
            "slipway_slow_turns_total", "Turns that took longer than 100 ms.", engine.SlowTurns);
        writer.Gauge(
            "slipway_slowest_turn_seconds", "The longest of the slow turns.",
            engine.LongestSlowTurn.TotalSeconds);
    }

    private static void WriteFrames(MetricsWriter writer, Counters counters)
    {
        writer.Counter("slipway_frames_total", "Ethernet frames between guests and the engine.");
        writer.Sample(counters.FramesReceived, ("direction", "from_guest"));
        writer.Sample(counters.FramesSent, ("direction", "to_guest"));
        writer.Counter(
            "slipway_frame_bytes_total", "Bytes of these frames, with their headers.");
        writer.Sample(counters.BytesReceived, ("direction", "from_guest"));
        writer.Sample(counters.BytesSent, ("direction", "to_guest"));
    }

    private static void WriteFlows(MetricsWriter writer, NetworkEngine engine, Counters counters)
    {
        int tcp = 0;
        int udp = 0;
        foreach (FlowEntry flow in engine.ListFlows())
        {
            _ = flow.Key.Protocol == IpProtocol.Tcp ? tcp++ : udp++;
        }

        writer.Gauge("slipway_flows", "Flows that are open.");
        writer.Sample(tcp, ("protocol", "tcp"));
        writer.Sample(udp, ("protocol", "udp"));
        writer.Counter("slipway_flows_opened_total", "Flows that were opened.");
        writer.Sample(counters.TcpFlowsOpened, ("protocol", "tcp"));
        writer.Sample(counters.UdpFlowsOpened, ("protocol", "udp"));
        writer.Sample(counters.EchoFlowsOpened, ("protocol", "icmp"));
        writer.Counter(
            "slipway_udp_flows_evicted_total", "UDP flows that made room for others.",
            counters.UdpFlowsEvicted);
        writer.Counter(
            "slipway_tcp_connects_failed_total", "Connects of the host that did not succeed.",
            counters.TcpConnectsFailed);
        writer.Counter(
            "slipway_tcp_segments_retransmitted_total", "TCP segments sent to guests again.",
            counters.TcpSegmentsRetransmitted);
        writer.Counter(
            "slipway_tcp_resets_sent_total", "TCP resets sent to guests.",
            counters.TcpResetsSent);
        writer.Counter(
            "slipway_tcp_challenge_acks_total", "Challenge ACKs sent to guests (RFC 5961).",
            counters.TcpChallengeAcks);
        writer.Counter(
            "slipway_tcp_flows_stranded_total",
            "Connections that were reset since the host had no way to their peer any more.",
            counters.TcpFlowsStranded);
    }

    // Each reason is there from the start: a rate needs a zero to begin from.
    private static void WriteDrops(MetricsWriter writer, Counters counters)
    {
        writer.Counter("slipway_dropped_packets_total", "Packets that were not served, and why.");
        foreach (DropReason reason in Enum.GetValues<DropReason>())
        {
            writer.Sample(counters.Dropped(reason), ("reason", ToSnakeCase($"{reason}")));
        }

        writer.Counter(
            "slipway_malformed_packets_total", "Packets that could not be read, and why.");
        foreach (ParseError error in Enum.GetValues<ParseError>())
        {
            if (error != ParseError.None)
            {
                writer.Sample(counters.Malformeds(error), ("error", ToSnakeCase($"{error}")));
            }
        }
    }

    private static void WriteBounds(MetricsWriter writer, IReadOnlyList<BoundReport> bounds)
    {
        writer.Gauge("slipway_bound_used", "What is in use of what guests share.");
        foreach (BoundReport bound in bounds)
        {
            writer.Sample(bound.Used, ("bound", ToSnakeCase(bound.Name)));
        }

        writer.Gauge("slipway_bound_most", "How much of it there is.");
        foreach (BoundReport bound in bounds)
        {
            writer.Sample(bound.Most, ("bound", ToSnakeCase(bound.Name)));
        }

        writer.Counter(
            "slipway_bound_refused_total",
            "Times that all of it was in use, or a guest had its share.");
        foreach (BoundReport bound in bounds)
        {
            string name = ToSnakeCase(bound.Name);
            writer.Sample(bound.Refused, ("bound", name), ("why", "all"));
            writer.Sample(bound.RefusedOfShare, ("bound", name), ("why", "share"));
        }
    }

    private static void WriteNames(MetricsWriter writer, DnsCounters counters)
    {
        writer.Counter(
            "slipway_dns_queries_total", "Queries of guests to the DNS server.",
            counters.Queries);
        writer.Counter("slipway_dns_outcomes_total", "What became of queries.");
        foreach ((string name, Func<DnsCounters, long> count) in s_dns)
        {
            writer.Sample(count(counters), ("outcome", name));
        }
    }

    private static void WriteTurns(MetricsWriter writer, IReadOnlyList<TurnReport> reports)
    {
        writer.Histogram(
            "slipway_turn_duration_seconds",
            "How long turns of a worker took without waiting, since the first scrape.");
        foreach (TurnReport report in reports)
        {
            string worker = report.Worker.ToString(CultureInfo.InvariantCulture);
            foreach (TurnBucket bucket in report.Buckets)
            {
                writer.Sample(
                    "_bucket", bucket.Turns, ("worker", worker),
                    ("le", MetricsWriter.Number(bucket.BoundSeconds)));
            }

            writer.Sample("_sum", report.Seconds, ("worker", worker));
            writer.Sample("_count", report.Buckets[^1].Turns, ("worker", worker));
        }

        writer.Counter(
            "slipway_turn_stage_seconds_total", "Time that workers spent in a stage of the turn.");
        foreach (TurnReport report in reports)
        {
            string worker = report.Worker.ToString(CultureInfo.InvariantCulture);
            foreach ((string stage, double seconds) in report.StageSeconds)
            {
                writer.Sample(seconds, ("worker", worker), ("stage", ToSnakeCase(stage)));
            }
        }
    }

    /// <summary>"link_full" of "LinkFull".</summary>
    private static string ToSnakeCase(string name) => string.Concat(name.Select(
        (letter, index) => index > 0 && char.IsUpper(letter)
            ? $"_{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));
}
