using System.Diagnostics;
using Slipway.Services;
using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Simulation;

/// <summary>
/// The DNS server on the gateway of a simulated world, over UDP and TCP.
/// </summary>
/// <remarks>
/// Theory of operation. The server asks others on the thread pool, whose order is nobody's. So the
/// world gives it one thing at a time (a query, an answer, a timer) and then waits, in real time,
/// until each query that it has is answered or waits for the simulated resolver: what comes of a
/// thing is the same whichever thread did it, and answers go out in the order of their queries.
/// </remarks>
internal sealed class SimDns : IDatagramService, IDisposable
{
    public const ushort Port = 53;

    /// <summary>No step of the server takes as long, however busy the machine is.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly byte[] _response = new byte[4_096];
    private readonly List<Asked> _asked = [];
    private readonly List<SimDnsStream> _streams = [];
    private readonly SimulatedTime _time;

    public SimDns(DnsSettings settings, SimResolver resolver, SimulatedTime time, DhcpServer dhcp)
    {
        Resolver = resolver;
        _time = time;
        Server = new DnsServer(settings with { AddressLookup = resolver, Time = time }, dhcp);
    }

    public DnsServer Server { get; }

    public SimResolver Resolver { get; }

    public UdpLayer? Udp { get; set; }

    /// <summary>When something happens here by itself.</summary>
    public Instant NextEvent => Instant.Min(_time.NextDue, Resolver.NextDue);

    /// <summary>Queries, connections and whatever else is not over.</summary>
    public int WorkCount => _asked.Count + _streams.Count + Server.InFlightCount
        + Server.RefreshingCount + Resolver.PendingCount;

    public void Receive(
        in GuestPacket packet, ushort sourcePort, ushort destinationPort,
        ReadOnlySpan<byte> payload, Instant now)
    {
        Asked asked = new(
            payload.ToArray(), packet.Route, new IpEndpoint(packet.Destination, Port),
            new IpEndpoint(packet.Source, sourcePort));
        switch (Server.TryAnswer(payload, overTcp: false, _response, out int lengthBytes))
        {
            case DnsDisposition.Answered:
                Send(asked, _response.AsSpan(0, lengthBytes));
                break;
            case DnsDisposition.Unknown:
                Expect(() =>
                {
                    asked.Answer = Server
                        .AskAsync(asked.Query, asked.Route.Port.Id, overTcp: false).AsTask();
                    _asked.Add(asked);
                    return () => asked.Answer.IsCompleted;
                });
                break;
            default:
                Assert.Fail("a query of a simulated guest is dropped");
                break;
        }

        Settle(); // it may have begun to ask for a name anew
    }

    /// <summary>Serves a guest's connection.</summary>
    public void Accept(SimConnection connection, int link)
    {
        SimDnsStream stream = new(connection);
        _streams.Add(stream);
        stream.Serving = Server.ServeStreamAsync(stream, link);
        Settle();
    }

    /// <summary>Does what is due; true if anything was.</summary>
    public bool Step()
    {
        bool any = false;
        while (Resolver.AnswerOne() || _time.FireOne())
        {
            any = true;
            Settle();
        }

        foreach (SimDnsStream stream in _streams)
        {
            any |= Serve(stream);
        }

        _streams.RemoveAll(stream => stream.IsOver);
        foreach (Asked asked in _asked.Where(asked => asked.Answer!.IsCompleted))
        {
            any = true;
            if (asked.Answer!.Result is byte[] answer)
            {
                Send(asked, answer);
            }
        }

        _asked.RemoveAll(asked => asked.Answer!.IsCompleted);
        return any;
    }

    public void Dispose() => Server.Dispose();

    public override string ToString() =>
        $"{_asked.Count} asked, {_streams.Count} streams, {Server.InFlightCount} in flight, "
        + $"{Server.RefreshingCount} refreshing, {Resolver.PendingCount} lookups, "
        + $"{_time.Count} timers; {string.Join("; ", _streams)}";

    // What has come over the connection, a message at a time.
    private bool Serve(SimDnsStream stream)
    {
        bool any = false;
        while (stream.CanDeliver)
        {
            any = true;
            bool isQuery = false;
            bool isDropped = Expect(() =>
            {
                int written = stream.WrittenCount;
                isQuery = stream.Deliver();
                return () => !isQuery || stream.WrittenCount > written || stream.IsServed;
            });
            if (isDropped)
            {
                stream.ForgetLast();
            }

            Settle();
        }

        return stream.FlushWritten() || any;
    }

    /// <summary>
    /// Gives the server something, and waits until it has been answered, or asked, or dropped.
    /// </summary>
    /// <returns>True if it was dropped.</returns>
    private bool Expect(Func<Func<bool>> give)
    {
        (int started, long merged, long dropped) =
            (Resolver.StartedCount, Server.Counters.Merged, Server.Counters.Dropped);
        Func<bool> isAnswered = give();
        Await(() => isAnswered() || Resolver.StartedCount > started
            || Server.Counters.Merged > merged || Server.Counters.Dropped > dropped);
        return Server.Counters.Dropped > dropped;
    }

    /// <summary>Waits until everything that is not over waits for the resolver.</summary>
    private void Settle() => Await(() =>
        Resolver.PendingCount == Server.InFlightCount + Server.RefreshingCount
        && _asked.TrueForAll(
            asked => asked.Answer!.IsCompleted || Server.IsInFlight(asked.Query, overTcp: false))
        && _streams.TrueForAll(stream => stream.IsSettled(Server)));

    private void Await(Func<bool> isTrue)
    {
        long start = Stopwatch.GetTimestamp();
        SpinWait wait = default;
        while (!isTrue())
        {
            wait.SpinOnce(sleep1Threshold: -1);
            if (Stopwatch.GetElapsedTime(start) > s_patience)
            {
                Assert.Fail($"the DNS server does not settle: {this}");
            }
        }
    }

    private void Send(Asked asked, ReadOnlySpan<byte> answer)
    {
        DnsAnswerCheck.MustAnswer(asked.Query, answer);
        Udp!.SendFromGateway(asked.Route, asked.At, asked.Guest, answer);
    }

    private sealed record Asked(byte[] Query, GuestRoute Route, IpEndpoint At, IpEndpoint Guest)
    {
        public Task<byte[]?>? Answer { get; set; }
    }
}
