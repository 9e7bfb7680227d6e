using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Slipway.Wire;

namespace Slipway.Links;

/// <summary>
/// Which frames are captured: "host=10.1.0.0/16,port=80,port=443,proto=tcp". Terms of one key are
/// alternatives, and each key that there is must hold.
/// </summary>
/// <remarks>
/// <code>
///   filter = term *( ("," / " ") term )
///   term   = "host=" address ["/" length]      source or destination, of IP or ARP
///          / "port=" number ["-" number]       source or destination, of TCP or UDP
///          / "proto=" ("tcp" / "udp" / "icmp" / "icmp6" / "ip4" / "ip6" / "arp")
///          / "mac=" address                    source or destination
///          / "dropped=" ("yes" / "no")         whether the frame was not served
/// </code>
/// A fragment has no ports. No BPF: these terms are what people ask of a network of guests, and
/// the file's reader has the rest.
/// </remarks>
public sealed class CaptureFilter
{
    private const int MostTerms = 32;

    private readonly List<IpPrefix> _hosts = [];
    private readonly List<(ushort First, ushort Last)> _ports = [];
    private readonly List<string> _protocols = [];
    private readonly List<MacAddress> _macs = [];
    private bool? _isDropped;

    /// <summary>All frames.</summary>
    public static CaptureFilter None { get; } = new();

    /// <summary>Nothing is left out.</summary>
    public bool IsEmpty => _hosts.Count + _ports.Count + _protocols.Count + _macs.Count == 0
        && _isDropped is null;

    /// <summary>Reads a filter; an empty text is none.</summary>
    /// <param name="text">The terms.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="problem">Else what is wrong, and what may be written.</param>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out CaptureFilter? filter,
        [NotNullWhen(false)] out string? problem)
    {
        CaptureFilter parsed = new();
        filter = null;
        string[] terms = text.Split(
            [',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (terms.Length > MostTerms)
        {
            problem = $"has {terms.Length} terms, and {MostTerms} at most are heeded";
            return false;
        }

        foreach (string term in terms)
        {
            problem = parsed.Add(term);
            if (problem is not null)
            {
                return false;
            }
        }

        filter = parsed;
        problem = null;
        return true;
    }

    /// <summary>Whether a frame is captured.</summary>
    internal bool Matches(in CapturedFrame frame)
    {
        if (IsEmpty)
        {
            return true;
        }

        if (_isDropped is bool isDropped && isDropped == frame.Loss.IsNone)
        {
            return false;
        }

        FrameSummary summary = FrameSummary.Of(frame.Bytes);
        return MatchesHosts(summary) && MatchesPorts(summary) && MatchesProtocols(summary)
            && (_macs.Count == 0 || _macs.Contains(summary.SourceMac)
                || _macs.Contains(summary.DestinationMac));
    }

    private bool MatchesHosts(in FrameSummary summary)
    {
        foreach (IpPrefix host in _hosts)
        {
            if (summary.HasAddresses && (host.Contains(summary.Source.Address)
                || host.Contains(summary.Destination.Address)))
            {
                return true;
            }
        }

        return _hosts.Count == 0;
    }

    private bool MatchesPorts(in FrameSummary summary)
    {
        foreach ((ushort first, ushort last) in _ports)
        {
            if (summary.HasPorts
                && ((summary.Source.Port >= first && summary.Source.Port <= last)
                    || (summary.Destination.Port >= first && summary.Destination.Port <= last)))
            {
                return true;
            }
        }

        return _ports.Count == 0;
    }

    private bool MatchesProtocols(in FrameSummary summary)
    {
        foreach (string name in _protocols)
        {
            bool matches = name switch
            {
                "arp" => summary.EtherType == EtherType.Arp,
                "ip4" => summary.EtherType == EtherType.IPv4,
                "ip6" => summary.EtherType == EtherType.IPv6,
                "tcp" => summary.Protocol == IpProtocol.Tcp,
                "udp" => summary.Protocol == IpProtocol.Udp,
                "icmp" => summary.Protocol == IpProtocol.Icmp,
                _ => summary.Protocol == IpProtocol.IcmpV6,
            };
            if (matches)
            {
                return true;
            }
        }

        return _protocols.Count == 0;
    }

    // What is wrong with a term; null for nothing.
    private string? Add(string term)
    {
        int equals = term.IndexOf('=', StringComparison.Ordinal);
        string value = term[(equals + 1)..];
        return (equals < 0 ? "" : term[..equals]) switch
        {
            "host" => AddHost(value),
            "port" => AddPorts(value),
            "proto" => AddProtocol(value),
            "mac" => AddMac(value),
            "dropped" => SetDropped(value),
            _ => $"'{term}' is no term; write host=ADDRESS[/LENGTH], port=N[-N], "
                + "proto=tcp|udp|icmp|icmp6|ip4|ip6|arp, mac=ADDRESS or dropped=yes|no, joined "
                + "by commas",
        };
    }

    private string? AddHost(string value)
    {
        if (!IpPrefix.TryParse(value, out IpPrefix prefix))
        {
            if (!IpAddress.TryParse(value, out IpAddress address))
            {
                return $"'{value}' is neither an address nor a network without host bits; write "
                    + "host=10.1.2.3 or host=10.1.0.0/16";
            }

            prefix = new IpPrefix(address, address.IsIPv4 ? 32 : 128);
        }

        _hosts.Add(prefix);
        return null;
    }

    private string? AddPorts(string value)
    {
        string[] ends = value.Split('-');
        if (ends.Length > 2 || !TryParsePort(ends[0], out ushort first)
            || !TryParsePort(ends[^1], out ushort last) || first > last)
        {
            return $"'{value}' is no port; write port=80 or port=8000-8080";
        }

        _ports.Add((first, last));
        return null;
    }

    private string? AddProtocol(string value)
    {
        if (value is not ("tcp" or "udp" or "icmp" or "icmp6" or "ip4" or "ip6" or "arp"))
        {
            return $"'{value}' is no protocol; write proto=tcp, udp, icmp, icmp6, ip4, ip6 or arp";
        }

        _protocols.Add(value);
        return null;
    }

    private string? AddMac(string value)
    {
        if (!MacAddress.TryParse(value, out MacAddress mac))
        {
            return $"'{value}' is no Ethernet address; write mac=52:54:00:12:34:56";
        }

        _macs.Add(mac);
        return null;
    }

    private string? SetDropped(string value)
    {
        if (value is not ("yes" or "no"))
        {
            return $"'{value}' says neither; write dropped=yes or dropped=no";
        }

        _isDropped = value == "yes";
        return null;
    }

    private static bool TryParsePort(string text, out ushort port) => ushort.TryParse(
        text, NumberStyles.None, CultureInfo.InvariantCulture, out port);
}
