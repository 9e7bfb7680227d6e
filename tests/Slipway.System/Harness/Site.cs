namespace Slipway.SystemTests.Harness;

/// <summary>
/// The world around the engine, made once for all tests:
/// <code>
///   guest ==TAP== [slipway]  host 10.99.0.2 -- 10.99.0.1 outside 10.96.0.1 -- 10.96.0.2 beyond
///                             127.0.0.1:7000           10.98.0.1:7000   MTU 1400    10.97.0.1:7000
///                             dnsmasq              10.98.0.66 swallows
///                                                  10.98.0.67 is unreachable
/// </code>
/// In IPv6 the host has 2001:db8:99::2 and ::1, outside 2001:db8:98::1, beyond 2001:db8:97::1.
/// Nothing in it leaves the machine: no namespace has a way out.
/// </summary>
public sealed class Site : IDisposable
{
    public const int Port = 7000;
    public const string Outside = "10.98.0.1";
    public const string OutsideRouter = "10.99.0.1";
    public const string Beyond = "10.97.0.1";
    public const int BeyondMtuBytes = 1400;
    public const string BlackHole = "10.98.0.66";
    public const string Unreachable = "10.98.0.67";

    // The same machines in IPv6.
    public const string Outside6 = "2001:db8:98::1";
    public const string OutsideRouter6 = "2001:db8:99::1";
    public const string Beyond6 = "2001:db8:97::1";
    public const string Unreachable6 = "2001:db8:98::67";
    public const string DefaultRoute6 = "default via 2001:db8:99::1";

    private readonly Stack<IDisposable> owned = new();

    public Site()
    {
        // Not even made where the tests are skipped.
        if (SystemFactAttribute.Reason is not null)
        {
            return;
        }

        if (!EngineIsKernel && !File.Exists(Repository.Binary))
        {
            throw new FileNotFoundException(
                $"no binary at {Repository.Binary}: publish it, or set SLIPWAY to its path");
        }

        Directory.CreateDirectory("/run/netns");
        NetworkNamespace.RemoveStale();
        Host = Own(new NetworkNamespace("host"));
        OutsideNamespace = Own(new NetworkNamespace("outside"));
        BeyondNamespace = Own(new NetworkNamespace("beyond"));
        Connect();
        ConnectIpv6();
        // Slipway turns the alias into the host's loopback; the control needs it as an address.
        Serve(Host, EngineIsKernel ? Addresses.HostAlias : "127.0.0.1");
        Serve(OutsideNamespace, Outside);
        Serve(BeyondNamespace, Beyond);
        Serve(Host, "::1");
        Serve(OutsideNamespace, Outside6);
        Serve(BeyondNamespace, Beyond6);
        Names = Own(StartNames());
    }

    /// <summary>Linux stands in Slipway's place.</summary>
    public static bool EngineIsKernel { get; } =
        Environment.GetEnvironmentVariable("SLIPWAY_ENGINE") == "kernel";

    public NetworkNamespace Host { get; } = null!;

    public NetworkNamespace OutsideNamespace { get; } = null!;

    public NetworkNamespace BeyondNamespace { get; } = null!;

    /// <summary>The host's name server, to be stopped and continued by tests.</summary>
    public RunningProgram Names { get; } = null!;

    /// <summary>Starts the services of tools/serve.py in a namespace.</summary>
    public static RunningProgram StartServices(NetworkNamespace where, string address, int port)
    {
        RunningProgram services =
            where.Start("python3", Repository.Tool("serve.py"), address, $"{port}");
        services.ReadUntil("ready", TimeSpan.FromSeconds(20));
        return services;
    }

    public void Dispose()
    {
        while (owned.TryPop(out IDisposable? last))
        {
            last.Dispose();
        }
    }

    private void Connect()
    {
        NetworkNamespace.Ip("link", "add", "up0", "netns", Host.Name, "type", "veth",
            "peer", "name", "down0", "netns", OutsideNamespace.Name);
        NetworkNamespace.Ip("link", "add", "up0", "netns", OutsideNamespace.Name, "type", "veth",
            "peer", "name", "down0", "netns", BeyondNamespace.Name);
        Host.Configure(
            "addr add 10.99.0.2/24 dev up0", "link set up0 up", "route add default via 10.99.0.1");
        OutsideNamespace.Configure(
            "addr add 10.99.0.1/24 dev down0", "link set down0 up",
            "addr add 10.98.0.1/32 dev lo",
            "route add blackhole 10.98.0.66", "route add unreachable 10.98.0.67",
            "addr add 10.96.0.1/24 dev up0", $"link set up0 mtu {BeyondMtuBytes} up",
            $"route add {Beyond} via 10.96.0.2");
        BeyondNamespace.Configure(
            "addr add 10.96.0.2/24 dev down0", $"link set down0 mtu {BeyondMtuBytes} up",
            $"addr add {Beyond}/32 dev lo", "route add default via 10.96.0.1");
        OutsideNamespace.Set("net.ipv4.ip_forward", "1");
        // Every probe of a traceroute is to be answered, however fast they come.
        OutsideNamespace.Set("net.ipv4.icmp_ratelimit", "0");
        BeyondNamespace.Set("net.ipv4.icmp_ratelimit", "0");
        // Slipway pings with unprivileged ping sockets; a new namespace's default forbids them.
        Host.Set("net.ipv4.ping_group_range", "0 2147483647");
        if (EngineIsKernel)
        {
            Host.Configure($"addr add {Addresses.HostAlias}/32 dev lo");
            OutsideNamespace.Configure($"route add {Addresses.Subnet} via 10.99.0.2");
        }
    }

    private void ConnectIpv6()
    {
        Host.Configure(
            "addr add 2001:db8:99::2/64 dev up0 nodad", $"-6 route add {DefaultRoute6}");
        OutsideNamespace.Configure(
            "addr add 2001:db8:99::1/64 dev down0 nodad",
            $"addr add {Outside6}/128 dev lo nodad",
            $"-6 route add unreachable {Unreachable6}",
            "addr add 2001:db8:96::1/64 dev up0 nodad",
            $"-6 route add {Beyond6} via 2001:db8:96::2");
        BeyondNamespace.Configure(
            "addr add 2001:db8:96::2/64 dev down0 nodad", $"addr add {Beyond6}/128 dev lo nodad",
            "-6 route add default via 2001:db8:96::1");
        OutsideNamespace.Set("net.ipv6.conf.all.forwarding", "1");
        OutsideNamespace.Set("net.ipv6.icmp.ratelimit", "0");
        BeyondNamespace.Set("net.ipv6.icmp.ratelimit", "0");
    }

    private void Serve(NetworkNamespace where, string address) =>
        Own(StartServices(where, address, Port));

    private RunningProgram StartNames()
    {
        Directory.CreateDirectory(Host.EtcPath);
        File.WriteAllText($"{Host.EtcPath}/resolv.conf", "nameserver 127.0.0.1\n");
        File.WriteAllText($"{Host.EtcPath}/nsswitch.conf", "hosts: files dns\n");
        File.WriteAllText($"{Host.EtcPath}/hosts",
            "127.0.0.1 localhost\n192.0.2.77 from-hosts-file.test\n");
        string text = new('t', 240);
        string large = string.Join(',', Enumerable.Repeat(text, 12));
        RunningProgram names = Host.Start(
            "dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null",
            "--listen-address=127.0.0.1", "--bind-interfaces", "--pid-file=", "--user=root",
            "--local=/test/", "--host-record=a.test,192.0.2.1", "--edns-packet-max=4096",
            $"--txt-record=large.test,{large}", "--txt-record=text.test,hello",
            "--srv-host=_sip._tcp.test,target.test,5060,1,2", "--mx-host=mail.test,mx.test,10",
            "--host-record=both.test,192.0.2.2,2001:db8::2", $"--host-record=web.test,{Outside}",
            "--ptr-record=2.2.0.192.in-addr.arpa,both.test");
        Eventually.Holds(TimeSpan.FromSeconds(10), "dnsmasq answers", () =>
            Host.Run("dig", "+short", "+tries=1", "+time=1", "@127.0.0.1", "a.test")
                .Output.Contains("192.0.2.1", StringComparison.Ordinal));
        return names;
    }

    private T Own<T>(T resource)
        where T : IDisposable
    {
        owned.Push(resource);
        return resource;
    }
}
