using System.Globalization;
using System.Text;
using Slipway.Host;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>Reads one publication; each failure names the key and the value.</summary>
internal sealed class PublishGrammar(string key, string text)
{
    private const string Ports =
        "write [HOSTIP:]HOSTPORT:[GUEST:]GUESTPORT[/tcp|udp], for example 8080:80, "
            + "127.0.0.1:5353:53/udp, 8000-8010:80-90 or 8080:web:80";

    private const string Unix =
        "write unix:PATH:[GUEST:]GUESTPORT, for example unix:/run/user/1000/web.sock:80";

    private const string Inherited =
        "write fd:NAME:[GUEST:]GUESTPORT, for example fd:web:80 for the socket that systemd "
            + "calls web";

    private const int UserReadWriteExecute = 0x1ff; // 0777

    private IpProtocol _protocol = IpProtocol.Tcp;
    private bool _showsClient;
    private bool _hasProxyHeader;
    private int? _mode;

    public PublishSpecification Parse()
    {
        string rest = TakeOptions();
        PublishSpecification read = rest.StartsWith("unix:", StringComparison.Ordinal)
            ? ParseNamed(rest["unix:".Length..], Unix, isPath: true)
            : rest.StartsWith("fd:", StringComparison.Ordinal)
                ? ParseNamed(rest["fd:".Length..], Inherited, isPath: false) : ParsePorts(rest);
        if (_mode is not null && read.Path is null)
        {
            throw Wrong("'mode' is of a Unix socket's file; leave it out");
        }

        return read with
        {
            Key = key,
            Text = text,
            ShowsClient = _showsClient,
            HasProxyHeader = _hasProxyHeader,
            Mode = _mode ?? PublishSpecification.DefaultMode,
        };
    }

    // Behind the last port, which no comma stands in.
    private string TakeOptions()
    {
        int comma = text.IndexOf(',', Math.Max(text.LastIndexOf(':'), 0));
        string rest = comma < 0 ? text : text[..comma];
        int slash = rest.IndexOf('/', Math.Max(rest.LastIndexOf(':'), 0));
        if (slash >= 0)
        {
            _protocol = rest[(slash + 1)..].ToUpperInvariant() switch
            {
                "TCP" => IpProtocol.Tcp,
                "UDP" => IpProtocol.Udp,
                _ => throw Wrong(
                    $"'{rest[(slash + 1)..]}' is not a protocol that can be published; use tcp "
                        + "or udp"),
            };
            rest = rest[..slash];
        }

        foreach (string option in comma < 0 ? [] : text[(comma + 1)..].Split(','))
        {
            TakeOption(option);
        }

        return rest;
    }

    private void TakeOption(string option)
    {
        switch (option)
        {
            case "client-address=gateway":
                _showsClient = false;
                break;
            case "client-address=client":
                _showsClient = true;
                break;
            case "proxy-protocol=v2":
                _hasProxyHeader = true;
                break;
            case string mode when mode.StartsWith("mode=", StringComparison.Ordinal):
                _mode = ParseMode(mode["mode=".Length..]);
                break;
            default:
                throw Wrong(
                    $"'{option}' is not an option of a published port; there are "
                        + "client-address=gateway|client, proxy-protocol=v2, and of a Unix socket "
                        + "mode=0660");
        }
    }

    private int ParseMode(string mode)
    {
        int value = 0;
        foreach (char digit in mode)
        {
            value = digit is >= '0' and <= '7' && value <= UserReadWriteExecute
                ? (value * 8) + digit - '0' : int.MaxValue;
        }

        return mode.Length > 0 && value <= UserReadWriteExecute
            ? value : throw Wrong($"'{mode}' is not a file's mode; write for example mode=0660");
    }

    private PublishSpecification ParsePorts(string rest)
    {
        List<string> parts = Split(rest);
        int next = 0;
        string? host = null;
        if (parts.Count == 4 || (parts.Count == 3 && IsAddress(parts[0])))
        {
            host = parts[next++];
        }

        string? guest = parts.Count - next == 3 ? parts[next + 1] : null;
        if (parts.Count - next != (guest is null ? 2 : 3))
        {
            throw Wrong(Ports);
        }

        (ushort hostPort, int hostPorts) = ParseRange(parts[next], 0);
        (ushort guestPort, int guestPorts) = ParseRange(parts[^1], 1);
        if (guestPorts != 1 && guestPorts != hostPorts)
        {
            throw Wrong(
                $"has {hostPorts} of the host's ports for {guestPorts} of the guest's; name as "
                    + "many of both, or one of the guest's");
        }

        return With(guest, new PublishSpecification(
            new IpEndpoint(
                host is null ? IpAddress.IPv4Loopback
                    : SettingText.ParseAddress(key, text, host), hostPort),
            new IpEndpoint(IpAddress.IPv4Any, guestPort), _protocol)
        {
            HostPorts = hostPorts,
            GuestPorts = guestPorts,
        });
    }

    // A path may have colons in it; what stands before the port and has a slash is the path's.
    private PublishSpecification ParseNamed(string rest, string grammar, bool isPath)
    {
        List<string> parts = Split(rest);
        bool hasGuest = parts.Count > 2 && !parts[^2].Contains('/', StringComparison.Ordinal);
        string name = string.Join(':', parts[..^(hasGuest ? 2 : 1)]);
        if (parts.Count < 2 || name.Length == 0
            || (!isPath && name.Contains(':', StringComparison.Ordinal)))
        {
            throw Wrong(grammar);
        }

        if (isPath && _protocol == IpProtocol.Udp)
        {
            throw Wrong("a Unix socket carries connections, not datagrams; leave out /udp");
        }

        int bytes = Encoding.UTF8.GetByteCount(name);
        if (isPath && (bytes > HostNetwork.LongestUnixPathBytes
            || name.Contains('\0', StringComparison.Ordinal)))
        {
            throw Wrong(
                $"the path of a Unix socket has at most {HostNetwork.LongestUnixPathBytes} bytes, "
                    + $"and this one has {bytes}; choose a shorter one");
        }

        (ushort port, int ports) = ParseRange(parts[^1], 1);
        return ports == 1
            ? With(hasGuest ? parts[^2] : null, new PublishSpecification(
                default, new IpEndpoint(IpAddress.IPv4Any, port), _protocol)
            {
                Path = isPath ? name : null,
                Descriptor = isPath ? null : name,
            })
            : throw Wrong($"one socket leads to one port; {grammar}");
    }

    private PublishSpecification With(string? guest, PublishSpecification read)
    {
        if (guest is null)
        {
            return read;
        }

        return IsAddress(guest) && (guest.Contains(':', StringComparison.Ordinal)
                || !guest.Any(char.IsAsciiLetter))
            ? read with
            {
                Guest = read.Guest with { Address = SettingText.ParseAddress(key, text, guest) },
            }
            : read with { GuestName = SettingText.ParseDomain(key, text, guest) };
    }

    private (ushort First, int Count) ParseRange(string range, int minimum)
    {
        int dash = range.IndexOf('-', StringComparison.Ordinal);
        if (dash <= 0)
        {
            return (ParsePort(range, minimum), 1);
        }

        ushort first = ParsePort(range[..dash], 1);
        ushort last = ParsePort(range[(dash + 1)..], 1);
        int count = last - first + 1;
        return count is > 0 and <= PublishSpecification.MaxPorts ? (first, count)
            : throw Wrong(count < 1
                ? $"the range '{range}' ends before it begins"
                : $"the range '{range}' has {count} ports, and one publication has at most "
                    + $"{PublishSpecification.MaxPorts}; publish a smaller one");
    }

    private ushort ParsePort(string port, int minimum) =>
        ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number)
            && number >= minimum ? number
            : throw Wrong($"'{port}' is not a port from {minimum} to 65535; {Ports}");

    private ConfigurationException Wrong(string problem) => new(key, text, problem);

    private static bool IsAddress(string part) => part.AsSpan().ContainsAny('.', ':');

    // At the colons that stand in no brackets, which are taken off.
    private static List<string> Split(string ports)
    {
        List<string> parts = [];
        int start = 0;
        int depth = 0;
        for (int i = 0; i <= ports.Length; i++)
        {
            char c = i < ports.Length ? ports[i] : ':';
            depth += c == '[' ? 1 : c == ']' ? -1 : 0;
            if (c == ':' && (depth == 0 || i == ports.Length))
            {
                string part = ports[start..i];
                bool isBracketed = part.StartsWith('[') && part.EndsWith(']');
                parts.Add(isBracketed ? part[1..^1] : part);
                start = i + 1;
            }
        }

        return parts;
    }
}
