using System.CommandLine;
using Slipway.Engine;

namespace Slipway;

/// <summary>
/// The options of a command that starts an engine. All are read as text here: their values are
/// checked where the configuration's are, so that both say the same about a wrong one.
/// </summary>
internal sealed class EngineOptions
{
    private readonly Option<string[]> _links = new("--link")
    {
        Description =
            "A guest's link: tap:NAME[,netns=PATH|PID][,configure=no][,offload=no], "
            + "stream:PATH, dgram:PATH, seqpacket:PATH, vpnkit:PATH, vhost-user:PATH, "
            + "vsock:PORT or fd:N,framing=stream|dgram|seqpacket|vpnkit|connect|tap|vhost-user. "
            + "Behind any of them group=NAME or isolated: which guests see one another, "
            + "and reach one another's published ports by the host alias. "
            + "More than one is allowed.",
        HelpName = "LINK",
    };

    private readonly Option<string> _config = new("--config")
    {
        Description =
            "A configuration in JSON; options go before its keys. See `slipway config schema`.",
        HelpName = "FILE",
    };

    private readonly Option<string> _subnet = new("--subnet")
    {
        Description = "The virtual network. [192.168.127.0/24]",
        HelpName = "NETWORK/LENGTH",
    };

    private readonly Option<string> _mtu = new("--mtu")
    {
        Description = "Largest IP packet on the virtual network in bytes, 576 to 65520.",
        HelpName = "BYTES",
    };

    private readonly Option<string> _workers = new("--workers")
    {
        Description = "Threads that share the flows, 1 to 16. [1]",
        HelpName = "N",
    };

    private readonly Option<string[]> _publish = new("--publish", "-p")
    {
        Description = "A port of the host that leads to the guest: "
            + "[HOSTIP:]HOSTPORT[-LAST]:[GUEST:]GUESTPORT[-LAST][/tcp|udp]; HOSTIP is 127.0.0.1 "
            + "unless named, GUEST an address or a lease's name. Or unix:PATH:[GUEST:]GUESTPORT. "
            + "See `slipway publish --help` for what may follow.",
        HelpName = "PORTS",
    };

    private readonly Option<string[]> _dns = new("--dns")
    {
        Description = "A name that the guest's DNS server answers itself.",
        HelpName = "NAME=ADDRESS",
    };

    private readonly Option<string[]> _proxy = new("--proxy")
    {
        Description =
            "An upstream proxy: [http|https|socks5://][USER[:PASSWORD]@]HOST[:PORT], or direct. "
            + "More than one is allowed; they are tried in order.",
        HelpName = "URL",
    };

    private readonly Option<string> _noProxy = new("--no-proxy")
    {
        Description = "Names, addresses and networks that are connected to directly.",
        HelpName = "LIST",
    };

    private readonly Option<bool> _noHostAlias = new("--no-host-alias")
    {
        Description = "Keep the host's loopback (host.internal) from guests.",
    };

    private readonly Option<string> _ipv6 = new("--ipv6")
    {
        Description = "Whether guests have IPv6: auto (as the host has), on or off. [auto]",
        HelpName = "MODE",
    };

    private readonly Option<string> _drain = new("--drain")
    {
        Description = "How long open connections may go on when it is told to end, 0 to 3600. [1]",
        HelpName = "SECONDS",
    };

    private readonly Option<string> _ring = new("--ring")
    {
        Description = "Keep the last frames of all guests in so much memory, for "
            + "`slipway capture ring`.",
        HelpName = "SIZE",
    };

    private readonly Option<string> _sandbox = new("--sandbox")
    {
        Description = "Whether the process gives up what it does not need: auto (as the host "
            + "allows), on or off. [auto]",
        HelpName = "MODE",
    };

    private readonly Option<string> _logLevel = new("--log-level")
    {
        Description = "What is said on standard error: debug, information, warning or error.",
        HelpName = "LEVEL",
    };

    private readonly Option<string> _logFormat = new("--log-format")
    {
        Description = "How it is said: text, or json for an object a line. [text]",
        HelpName = "FORMAT",
    };

    private readonly Option<string> _control = new("--control")
    {
        Description = "Where a running engine is asked and told things: unix:PATH, "
            + "tcp:127.0.0.1:PORT[,token=FILE], or off. "
            + "[$XDG_RUNTIME_DIR/slipway/control.sock]",
        HelpName = "unix:PATH",
    };

    private readonly Option<string> _readyFd = new("--ready-fd")
    {
        Description = "A descriptor that is told \"1\" and closed when guests are served.",
        HelpName = "N",
    };

    /// <param name="command">Is given the options.</param>
    /// <param name="takesLinks">False where the command makes the guest's link itself.</param>
    public EngineOptions(Command command, bool takesLinks)
    {
        if (takesLinks)
        {
            command.Options.Add(_links);
            command.Options.Add(_drain);
        }

        command.Options.Add(_config);
        command.Options.Add(_subnet);
        command.Options.Add(_mtu);
        command.Options.Add(_workers);
        command.Options.Add(_publish);
        command.Options.Add(_dns);
        command.Options.Add(_proxy);
        command.Options.Add(_noProxy);
        command.Options.Add(_noHostAlias);
        command.Options.Add(_ipv6);
        command.Options.Add(_control);
        command.Options.Add(_ring);
        command.Options.Add(_sandbox);
        command.Options.Add(_logLevel);
        command.Options.Add(_logFormat);
        command.Options.Add(_readyFd);
    }

    /// <summary>The checked configuration that the command line and its --config give.</summary>
    /// <param name="result">The parsed command line.</param>
    /// <param name="defaults">Subnet, MTU and log level where neither speaks of them.</param>
    /// <exception cref="ConfigurationException">Names the key, the value and the
    /// remedy.</exception>
    public EngineConfiguration Read(ParseResult result, EngineConfiguration? defaults = null)
    {
        CommandLineSettings settings = new()
        {
            Links = result.GetValue(_links) ?? [],
            Subnet = result.GetValue(_subnet),
            Mtu = result.GetValue(_mtu),
            Workers = result.GetValue(_workers),
            Publish = result.GetValue(_publish) ?? [],
            Dns = result.GetValue(_dns) ?? [],
            Proxy = result.GetValue(_proxy) ?? [],
            NoProxy = result.GetValue(_noProxy),
            NoHostAlias = result.GetValue(_noHostAlias),
            Ipv6 = result.GetValue(_ipv6),
            Control = result.GetValue(_control),
            Drain = result.GetValue(_drain),
            Ring = result.GetValue(_ring),
            Sandbox = result.GetValue(_sandbox),
            LogLevel = result.GetValue(_logLevel),
            LogFormat = result.GetValue(_logFormat),
            ReadyFd = result.GetValue(_readyFd),
        };

        // Read once: the sandbox has no use for the file, and a pipe has its text no second time.
        string? text = SandboxEntry.Handover is SandboxHandover handover ? handover.Configuration
            : result.GetValue(_config) is string path ? ConfigurationReader.ReadText(path) : null;
        SandboxEntry.ConfigurationText = text;
        return text is null ? ConfigurationReader.Load(null, settings, defaults)
            : ConfigurationReader.Parse(text, settings, defaults);
    }
}
