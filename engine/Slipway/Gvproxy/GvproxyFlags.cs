using System.CommandLine;
using System.Text;
using Slipway.Engine;

namespace Slipway;

/// <summary>
/// gvproxy's flags, in the grammar that Go's programs have: -NAME VALUE, --NAME=VALUE, and a flag
/// that is only set by its name alone.
/// </summary>
internal sealed class GvproxyFlags
{
    public const string Help = "help";

    // What takes a value, with a word for it; those that may come several times end in "...".
    private static readonly (string Name, string Value, string Text)[] s_known =
    [
        ("config", "FILE", "gvproxy's YAML; not read here"),
        ("listen", "URL...", "control socket, unix:///PATH; or vsock://:PORT for guests alone"),
        ("services", "URL", "the same without guests, unix:///PATH"),
        ("listen-qemu", "URL", "QEMU's guests, unix:///PATH or tcp://127.0.0.1:PORT"),
        ("listen-bess", "URL", "guests of BESS and UML, unixpacket:///PATH"),
        ("listen-vfkit", "URL", "vfkit's guests, unixgram:///PATH"),
        ("listen-vpnkit", "URL", "hyperkit's guests, unix:///PATH"),
        ("listen-stdio", "ANY", "a guest's frames on standard input and output"),
        ("mtu", "BYTES", "largest packet of the network [1500]"),
        ("ssh-port", "PORT", "of the host's loopback, leads to the guest's 22; -1 for none [2222]"),
        ("subnet", "NETWORK", "the virtual network [192.168.127.0/24]"),
        ("gatewayIP", "ADDRESS", "the engine's [192.168.127.1]"),
        ("deviceIP", "ADDRESS", "the guest's [192.168.127.2]"),
        ("hostIP", "ADDRESS", "what reaches the host's loopback [192.168.127.254]"),
        ("forward-sock", "PATH...", "a socket of the host that leads to one of the guest, by ssh"),
        ("forward-dest", "PATH...", "the guest's socket"),
        ("forward-user", "NAME...", "the guest's user"),
        ("forward-identity", "FILE...", "the user's key"),
        ("pid-file", "FILE", "is told the process's number while it runs"),
        ("log-file", "FILE", "has the log instead of standard error"),
        ("notification", "URL", "a socket that is told what happens, unix:///PATH"),
        ("pcap", "FILE", "all frames, as pcapng"),
        ("debug", "", "log more"),
        ("ec2-metadata-access", "", "let guests connect to 169.254.0.0/16"),
        ("sandbox", "auto|on|off", "not gvproxy's: give up what is not needed, or all or nothing"),
        ("version", "", "print the version"),
        (Help, "", "print this"),
    ];

    private readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);

    private GvproxyFlags()
    {
    }

    /// <summary>The flags with a word on each.</summary>
    public static string Usage
    {
        get
        {
            StringBuilder text = new("slipway gvproxy: a network engine with gvproxy's flags\n\n");
            foreach ((string name, string value, string what) in s_known)
            {
                text.Append("  ").Append($"-{name} {value}".PadRight(30)).Append(what)
                    .Append('\n');
            }

            return text.ToString();
        }
    }

    /// <summary>
    /// A command with the same flags, for the manual page and completions; it reads none.
    /// </summary>
    public static Command Describe()
    {
        Command command = new(
            GvproxyCommand.Name, "Take gvproxy's flags, for what starts gvproxy.");
        foreach ((string name, string value, string text) in s_known)
        {
            string said = $"{char.ToUpperInvariant(text[0])}{text[1..]}.";
            command.Options.Add(value.Length == 0
                ? new Option<bool>($"-{name}") { Description = said }
                : new Option<string>($"-{name}")
                {
                    Description = said, HelpName = value.TrimEnd('.'),
                });
        }

        return command;
    }

    /// <exception cref="ConfigurationException">A flag is unknown or lacks its value.</exception>
    public static GvproxyFlags Parse(IReadOnlyList<string> arguments)
    {
        GvproxyFlags flags = new();
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            string name = argument.TrimStart('-');
            int dashes = argument.Length - name.Length;
            if (dashes is not (1 or 2) || name.Length == 0)
            {
                throw new ConfigurationException(
                    argument, null, "is not a flag; see `slipway gvproxy -help`");
            }

            int equals = name.IndexOf('=', StringComparison.Ordinal);
            string? value = equals < 0 ? null : name[(equals + 1)..];
            name = equals < 0 ? name : name[..equals];
            if (IsSwitch(name == "h" ? Help : name, out string known))
            {
                flags.Add(known, ParseSwitch(known, value ?? "true"));
                continue;
            }

            if (value is null && ++i == arguments.Count)
            {
                throw new ConfigurationException($"-{name}", null, "needs a value");
            }

            flags.Add(known, value ?? arguments[i]);
        }

        return flags;
    }

    /// <summary>A flag's value, the last of several; null where it was not given.</summary>
    public string? One(string name) =>
        _values.TryGetValue(name, out List<string>? values) && values[^1].Length > 0
            ? values[^1] : null;

    /// <summary>All values of a flag, in their order.</summary>
    public IReadOnlyList<string> All(string name) => _values.GetValueOrDefault(name) ?? [];

    public bool Is(string name) => One(name) == "true";

    private void Add(string name, string value)
    {
        if (!_values.TryGetValue(name, out List<string>? values))
        {
            _values[name] = values = [];
        }

        values.Add(value);
    }

    // Whether it is set by its name alone.
    private static bool IsSwitch(string name, out string known)
    {
        foreach ((string one, string value, _) in s_known)
        {
            if (one == name)
            {
                known = name;
                return value.Length == 0;
            }
        }

        throw new ConfigurationException(
            $"-{name}", null, "is not a flag of gvproxy's; see `slipway gvproxy -help`");
    }

    private static string ParseSwitch(string name, string value) => value switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => "true",
        "0" or "f" or "F" or "false" or "FALSE" or "False" => "false",
        _ => throw new ConfigurationException($"-{name}", value, "must be true or false"),
    };
}
