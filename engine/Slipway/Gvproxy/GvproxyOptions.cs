using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Slipway.Engine;

namespace Slipway;

/// <summary>What gvproxy's flags come to here.</summary>
internal sealed record GvproxyOptions
{
    private const int DefaultSshPort = 2_222;
    private const int NoSshPort = -1;
    private const int FirstSshPort = 1_024;

    // The guest that podman machine and others start has this one.
    private const string DeviceMac = "5a:94:ef:e4:0c:ee";

    private static readonly string[] s_stream = ["listen-vpnkit", "listen-qemu", "listen-bess"];

    private static readonly Dictionary<string, string> s_flags = new(StringComparer.Ordinal)
    {
        ["--mtu"] = "-mtu",
        ["--subnet"] = "-subnet",
        ["--sandbox"] = "-sandbox",
        ["gateway"] = "-gatewayIP",
        ["hostAliasAddress"] = "-hostIP",
        ["dhcp.first"] = "-deviceIP",
        ["dhcp.leases[0].address"] = "-deviceIP",
    };

    /// <summary>The engine's, without the forward of ssh.</summary>
    public required EngineConfiguration Configuration { get; init; }

    /// <summary>Control sockets that guests may come by, too.</summary>
    public required IReadOnlyList<string> Listen { get; init; }

    /// <summary>One that they may not; null for none.</summary>
    public string? Services { get; init; }

    /// <summary>Where QEMU's guests connect by TCP; null for nowhere.</summary>
    public IPEndPoint? Qemu { get; init; }

    /// <summary>A guest speaks on standard input and output.</summary>
    public bool IsOnStandardInput { get; init; }

    /// <summary>The host's port that leads to the guest's 22; null for none.</summary>
    public int? SshPort { get; init; }

    public required IReadOnlyList<SshForwardSettings> Forwards { get; init; }

    public string? PidFile { get; init; }

    public string? LogFile { get; init; }

    public string? CaptureFile { get; init; }

    /// <summary>The socket that is told what happens; null for none.</summary>
    public string? Notification { get; init; }

    /// <exception cref="ConfigurationException">A flag cannot be used.</exception>
    public static GvproxyOptions Read(GvproxyFlags flags)
    {
        if (flags.One("config") is string file)
        {
            throw new ConfigurationException(
                "-config", file,
                "YAML is not read here; say it by flags, or run `slipway run --config` with JSON");
        }

        string[] given = [.. s_stream.Where(flag => flags.One(flag) is not null)];
        if (given.Length > 1)
        {
            throw new ConfigurationException(
                $"-{given[0]}", null, $"cannot be used together with -{given[1]}; leave one out");
        }

        List<string> links = [];
        List<string> listen = [];
        AddListeners(flags, links, listen);
        IPEndPoint? qemu = AddLinks(flags, links);
        return new GvproxyOptions
        {
            Configuration = Resolve(flags, links),
            Listen = listen,
            Services = flags.One("services") is string services
                ? GvproxyAddress.ParsePath("services", services) : null,
            Qemu = qemu,
            IsOnStandardInput = flags.One("listen-stdio") is not null,
            SshPort = ParseSshPort(flags.One("ssh-port")),
            Forwards = SshForwardSettings.Read(flags),
            PidFile = flags.One("pid-file"),
            LogFile = flags.One("log-file"),
            CaptureFile = flags.One("pcap"),
            Notification = flags.One("notification") is string url
                ? GvproxyAddress.ParsePath("notification", url) : null,
        };
    }

    private static void AddListeners(GvproxyFlags flags, List<string> links, List<string> listen)
    {
        foreach (string url in flags.All("listen"))
        {
            if (GvproxyAddress.ParseVsockPort(url) is string port)
            {
                links.Add($"vsock:{port}");
            }
            else if (url.StartsWith("tcp://", StringComparison.Ordinal))
            {
                throw new ConfigurationException(
                    "-listen", url,
                    "would let every user of this machine steer the engine; write unix:///PATH");
            }
            else
            {
                listen.Add(GvproxyAddress.ParsePath("listen", url));
            }
        }
    }

    private static IPEndPoint? AddLinks(GvproxyFlags flags, List<string> links)
    {
        IPEndPoint? qemu = null;
        if (flags.One("listen-qemu") is string stream)
        {
            qemu = GvproxyAddress.ParseTcp("listen-qemu", stream);
            if (qemu is null)
            {
                links.Add($"stream:{GvproxyAddress.ParsePath("listen-qemu", stream)}");
            }
        }

        if (flags.One("listen-bess") is string packets)
        {
            links.Add(
                $"seqpacket:{GvproxyAddress.ParsePath("listen-bess", packets, "unixpacket")}");
        }

        if (flags.One("listen-vfkit") is string datagrams)
        {
            links.Add(
                $"dgram:{GvproxyAddress.ParsePath("listen-vfkit", datagrams, "unixgram")}");
        }

        if (flags.One("listen-vpnkit") is string vpnkit)
        {
            links.Add($"vpnkit:{GvproxyAddress.ParsePath("listen-vpnkit", vpnkit)}");
        }

        return qemu;
    }

    private static EngineConfiguration Resolve(GvproxyFlags flags, List<string> links)
    {
        EngineConfiguration plain = Parse(flags, "{}", []);
        string device = flags.One("deviceIP") ?? plain.FirstGuest.ToString();
        return Parse(flags, Write(flags, device), links);
    }

    private static EngineConfiguration Parse(
        GvproxyFlags flags, string json, IReadOnlyList<string> links)
    {
        try
        {
            return ConfigurationReader.Parse(json, new CommandLineSettings
            {
                Links = links,
                Mtu = flags.One("mtu"),
                Subnet = flags.One("subnet"),
                Control = "off",
                Sandbox = flags.One("sandbox"),
                LogLevel = flags.Is("debug") ? "debug" : "information",
            });
        }
        catch (ConfigurationException e) when (s_flags.TryGetValue(e.Key, out string? flag))
        {
            throw new ConfigurationException(flag, e.Value, e.Remedy, e);
        }
    }

    private static string Write(GvproxyFlags flags, string device)
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text))
        {
            json.WriteStartObject();
            WriteIfGiven(json, "gateway", flags.One("gatewayIP"));
            WriteIfGiven(json, "hostAliasAddress", flags.One("hostIP"));
            json.WriteStartObject("dhcp");
            json.WriteString("first", device);
            json.WriteStartArray("leases");
            json.WriteStartObject();
            json.WriteString("mac", DeviceMac);
            json.WriteString("address", device);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            if (flags.Is("ec2-metadata-access"))
            {
                json.WriteBoolean("linkLocal", true);
            }
            else
            {
                // Nothing listens there, so guests are refused.
                json.WriteStartArray("intercept");
                json.WriteStartObject();
                json.WriteString("destination", "169.254.0.0/16");
                json.WriteString("target", "unix:/nonexistent/metadata");
                json.WriteEndObject();
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.ToArray());
    }

    private static void WriteIfGiven(Utf8JsonWriter json, string key, string? value)
    {
        if (value is not null)
        {
            json.WriteString(key, value);
        }
    }

    private static int? ParseSshPort(string? text)
    {
        int port = DefaultSshPort;
        bool isNumber = text is null || int.TryParse(
            text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out port);
        return isNumber && port == NoSshPort ? null
            : isNumber && port is >= FirstSshPort and <= ushort.MaxValue ? port
            : throw new ConfigurationException(
                "-ssh-port", text, "ssh-port value must be between 1024 and 65535, or -1 for none");
    }
}
