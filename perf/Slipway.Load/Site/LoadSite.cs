using System.Globalization;
using System.Net;
using System.Text.Json;
using Slipway.Load.Engines;
using Slipway.Load.Peers;
using Slipway.Load.Virtio;

namespace Slipway.Load.Site;

/// <summary>
/// The world around one engine, made for it and removed after it:
/// <code>
///   guest                          host
///   [peer 5301] ==link== [engine] [peer 5201] 10.77.0.1 (lo)   10.99.0.2 -- (nobody)
/// </code>
/// Nothing in it leaves the machine.
/// </summary>
internal sealed class LoadSite : IDisposable
{
    public const string Service = "10.77.0.1";
    public const string Service6 = "2001:db8:77::1";
    public const int HostPort = 5201;
    public const int GuestPort = 5301;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly Stack<IDisposable> _owned = new();
    private readonly List<RunningProgram> _servers = [];

    public LoadSite(LoadEngine engine, int mtuBytes)
    {
        MtuBytes = mtuBytes;
        try
        {
            Directory = Own(new TemporaryFolder()).Path;
            Host = Own(new NetworkNamespace("host"));
            Guest = Own(new NetworkNamespace("guest"));
            NetworkNamespace up = Own(new NetworkNamespace("up"));
            NetworkNamespace.Ip("link", "add", "up0", "netns", Host.Name, "type", "veth",
                "peer", "name", "down0", "netns", up.Name);
            up.Configure("addr add 10.99.0.1/24 dev down0", "link set down0 up");
            Host.Configure(
                "addr add 10.99.0.2/24 dev up0", "link set up0 up",
                "route add default via 10.99.0.1", $"addr add {Service}/32 dev lo",
                $"addr add {Service6}/128 dev lo nodad");
            Engine = engine.Start(this);
            _ = Engine is null ? null : Own(Engine);
            Target = IPAddress.Parse(engine.Target);
            Forwarded = IPAddress.Parse(engine.Forwarded);
            Serve(Host, HostPort);
            Serve(Guest, GuestPort);
            WaitUntilReachable();
            engine.Publish(this);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int MtuBytes { get; }

    /// <summary>A folder of this site's own.</summary>
    public string Directory { get; } = "";

    /// <summary>Where an engine that speaks vhost-user listens for a second guest.</summary>
    public string VhostSocket => Path.Combine(Directory, "vhost.sock");

    public NetworkNamespace Host { get; } = null!;

    public NetworkNamespace Guest { get; } = null!;

    /// <summary>Null where the kernel alone is the engine.</summary>
    public RunningProgram? Engine { get; }

    /// <summary>The host's servers, as the guest reaches them.</summary>
    public IPAddress Target { get; }

    /// <summary>The guest's servers, as the host reaches them.</summary>
    public IPAddress Forwarded { get; }

    /// <summary>Traffic from the guest to the host's servers.</summary>
    public Dictionary<string, double> FromGuest(params ReadOnlySpan<string> words) =>
        Measure(Guest, Target, HostPort, words);

    /// <summary>Traffic from the host to a published port of the guest.</summary>
    public Dictionary<string, double> FromHost(params ReadOnlySpan<string> words) =>
        Measure(Host, Forwarded, GuestPort, words);

    /// <summary>
    /// What a guest over vhost-user moves, beside TCP over the host's loopback just before it: its
    /// throughput is told as bps, the other as loopbackBps.
    /// </summary>
    public Dictionary<string, double> BesideLoopback(string direction, string seconds)
    {
        Dictionary<string, double> loopback = Measure(
            Host, Target, HostPort, [direction, seconds, "1"]);
        TimeSpan timeout = Patience
            + (3 * TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)));
        Dictionary<string, double> guest = Parse(Host.Run(timeout, [
            .. LoadProgram.CommandLine, VirtioPeerCommand.Name, VhostSocket, direction,
            $"{Target}", $"{HostPort}", seconds, $"{MtuBytes}",
        ]));
        guest["loopbackBps"] = loopback["bps"];
        return guest;
    }

    /// <summary>A client that holds connections from the guest until it is disposed.</summary>
    public (RunningProgram Client, Dictionary<string, double> Report) Hold(int count)
    {
        RunningProgram client = Guest.Start(Peer("hold", $"{Target}", $"{HostPort}", $"{count}"));
        return (client, Parse(client.ReadLine(TimeSpan.FromSeconds(90))));
    }

    /// <summary>
    /// Measures with engine, servers and client on one processor: without the luck of placement and
    /// the cost of waking another.
    /// </summary>
    public Dictionary<string, double> OnOneCpu(Func<Dictionary<string, double>> measure)
    {
        Pin("0");
        try
        {
            return measure();
        }
        finally
        {
            Pin($"0-{Environment.ProcessorCount - 1}");
        }
    }

    public void Dispose()
    {
        while (_owned.TryPop(out IDisposable? last))
        {
            last.Dispose();
        }
    }

    private static string[] Peer(params ReadOnlySpan<string> words) =>
        [.. LoadProgram.CommandLine, PeerCommand.Name, .. words];

    private static Dictionary<string, double> Measure(
        NetworkNamespace client, IPAddress address, int port, ReadOnlySpan<string> words)
    {
        string seconds = words[1];
        TimeSpan timeout = Patience
            + (3 * TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)));
        return Parse(client.Run(
            timeout, Peer([words[0], $"{address}", $"{port}", .. words[1..]])));
    }

    private static Dictionary<string, double> Parse(string line) =>
        JsonSerializer.Deserialize<Dictionary<string, double>>(line)
            ?? throw new LoadException("the generator printed nothing");

    private void Serve(NetworkNamespace where, int port)
    {
        RunningProgram server = Own(where.Start(Peer("serve", $"{port}")));
        server.ReadLine(Patience);
        _servers.Add(server);
    }

    private void WaitUntilReachable()
    {
        string probe = $"exec 3<>/dev/tcp/{Target}/{HostPort + PeerPorts.Echo}";
        long end = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (true)
        {
            try
            {
                Guest.Run(TimeSpan.FromSeconds(1), "bash", "-c", probe);
                return;
            }
            catch (LoadException e) when (Environment.TickCount64 < end)
            {
                if (Engine?.HasExited == true)
                {
                    throw new LoadException($"the engine ended: {Engine.Errors}\n{e.Message}");
                }

                Thread.Sleep(50);
            }
        }
    }

    // The client inherits the place from this process.
    private void Pin(string processors)
    {
        IEnumerable<int> ids = _servers.Select(server => server.Id);
        if (Engine is not null)
        {
            ids = ids.Concat(ProcessTree.Ids(Engine.Id));
        }

        foreach (int id in ids.Append(Environment.ProcessId))
        {
            RunningProgram.Run(Patience, "taskset", "-acp", processors, $"{id}");
        }
    }

    private T Own<T>(T resource)
        where T : IDisposable
    {
        _owned.Push(resource);
        return resource;
    }
}
