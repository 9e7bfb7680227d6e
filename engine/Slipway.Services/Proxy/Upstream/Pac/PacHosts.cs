using System.Net;
using System.Net.Sockets;

namespace Slipway.Services;

/// <summary>The functions of PAC files about names and addresses.</summary>
/// <param name="resolve">Looks a name up; empty where it has no address.</param>
internal sealed class PacHosts(Func<string, IPAddress[]> resolve)
{
    public static bool IsPlainHostName(string host) =>
        !host.Contains('.', StringComparison.Ordinal)
        && !host.Contains(':', StringComparison.Ordinal);

    public static bool DnsDomainIs(string host, string domain) =>
        host.EndsWith(domain, StringComparison.OrdinalIgnoreCase);

    public static bool LocalHostOrDomainIs(string host, string full) =>
        host.Equals(full, StringComparison.OrdinalIgnoreCase)
        || (IsPlainHostName(host)
            && full.StartsWith(host + ".", StringComparison.OrdinalIgnoreCase));

    public static int DnsDomainLevels(string host) => host.Count(c => c == '.');

    /// <summary>* is any text, ? any one character, all else itself.</summary>
    public static bool ShellMatches(string text, string pattern)
    {
        int i = 0;
        int p = 0;
        int star = -1;
        int resume = 0;
        while (i < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                resume = i;
            }
            else if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == text[i]))
            {
                p++;
                i++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                i = ++resume;
            }
            else
            {
                return false;
            }
        }

        return pattern.AsSpan(p).TrimStart('*').IsEmpty;
    }

    /// <summary>The first IPv4 address of a name; null where it has none.</summary>
    public string? DnsResolve(string host) => Addresses(host)
        .FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork)?.ToString();

    /// <summary>All addresses, parted by semicolons.</summary>
    public string DnsResolveEx(string host) =>
        string.Join(';', Addresses(host).Select(address => address.ToString()));

    public bool IsInNet(string host, string network, string mask) =>
        DnsResolve(host) is string address
        && HostRule.TryParseAddress(address, out byte[] bytes)
        && HostRule.TryParseAddress(network, out byte[] wanted)
        && HostRule.TryParseAddress(mask, out byte[] bits)
        && wanted.Length == 4 && bits.Length == 4
        && Enumerable.Range(0, 4).All(i => (bytes[i] & bits[i]) == (wanted[i] & bits[i]));

    public bool IsInNetEx(string host, string prefix)
    {
        HostRules rules = HostRules.Parse([prefix], out IReadOnlyList<string> faults);
        return faults.Count == 0
            && Addresses(host).Any(address => rules.Matches(address.ToString(), 0));
    }

    /// <summary>IPv6 before IPv4, each in their order; empty where one is no address.</summary>
    public static string SortAddresses(string list)
    {
        List<byte[]> addresses = [];
        foreach (string text in list.Split(';', StringSplitOptions.TrimEntries))
        {
            if (!HostRule.TryParseAddress(text, out byte[] address))
            {
                return "";
            }

            addresses.Add(address);
        }

        addresses.Sort((one, other) => one.Length != other.Length
            ? other.Length.CompareTo(one.Length) : one.AsSpan().SequenceCompareTo(other));
        return string.Join(';', addresses.Select(address => new IPAddress(address).ToString()));
    }

    /// <summary>The host's own address on its way out; nothing is sent for it.</summary>
    public static string MyAddress(AddressFamily family)
    {
        try
        {
            using Socket socket = new(family, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(
                IPAddress.Parse(family == AddressFamily.InterNetwork ? "192.0.2.1" : "2001:db8::1"),
                9);
            return ((IPEndPoint)socket.LocalEndPoint!).Address.ToString();
        }
        catch (SocketException)
        {
            return family == AddressFamily.InterNetwork ? "127.0.0.1" : "";
        }
    }

    private IPAddress[] Addresses(string host) =>
        HostRule.TryParseAddress(host, out byte[] address)
            ? [new IPAddress(address)] : ProxyServer.IsHost(host) ? resolve(host) : [];
}
