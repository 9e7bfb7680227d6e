using System.Globalization;
using System.Net;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>What resolv.conf(5) says.</summary>
/// <param name="NameServers">In the order in which they are asked.</param>
/// <param name="Timeout">For one server's answer.</param>
/// <param name="Attempts">How often all of them are gone through.</param>
/// <param name="Rotate">Each query begins with the next server.</param>
internal sealed record ResolverConfiguration(
    IReadOnlyList<NameServerEndpoint> NameServers, TimeSpan Timeout, int Attempts, bool Rotate)
{
    private const int MaxNameServers = 3;
    private const int MaxTimeoutSeconds = 30;
    private const int MaxAttempts = 5;
    private const int DefaultAttempts = 2;
    private static readonly TimeSpan s_soleServerTimeout = TimeSpan.FromSeconds(5);

    // With another server to ask, the second one must answer before the guest's own resolver gives
    // up, which it does after 5 s. A timeout that the file states is kept to.
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(2);

    /// <summary>systemd-resolved's own addresses on the host.</summary>
    private static readonly IPAddress[] s_resolved =
        [IPAddress.Parse("127.0.0.53"), IPAddress.Parse("127.0.0.54")];

    /// <summary>The domains in which the host looks for short names.</summary>
    public IReadOnlyList<string> Search { get; init; } = [];

    /// <summary>The host asks systemd-resolved.</summary>
    public bool IsResolved =>
        NameServers.Any(server => s_resolved.Contains(server.EndPoint.Address));

    public static ResolverConfiguration Of(IReadOnlyList<NameServerEndpoint> nameServers) =>
        new(
            nameServers,
            nameServers.Count > 1 ? s_timeout : s_soleServerTimeout,
            DefaultAttempts,
            Rotate: false);

    public static ResolverConfiguration Parse(string text)
    {
        List<NameServerEndpoint> servers = [];
        IReadOnlyList<string> search = [];
        TimeSpan? timeout = null;
        int attempts = DefaultAttempts;
        bool rotate = false;
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split(
                [' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2)
            {
                continue;
            }

            if (words[0] == "nameserver" && servers.Count < MaxNameServers
                && IPAddress.TryParse(words[1], out IPAddress? address))
            {
                servers.Add(new IPEndPoint(address, DnsMessage.Port));
            }
            else if (words[0] is "search" or "domain")
            {
                search = words[1..]; // the last such line holds
            }
            else if (words[0] == "options")
            {
                foreach (string option in words[1..])
                {
                    rotate |= option == "rotate";
                    if (TryReadNumber(option, "timeout:", MaxTimeoutSeconds, out int seconds))
                    {
                        timeout = TimeSpan.FromSeconds(Math.Max(1, seconds));
                    }

                    if (TryReadNumber(option, "attempts:", MaxAttempts, out int number))
                    {
                        attempts = Math.Max(1, number);
                    }
                }
            }
        }

        // As the host's resolver does: without a server, one on this machine.
        if (servers.Count == 0)
        {
            servers.Add(new IPEndPoint(IPAddress.Loopback, DnsMessage.Port));
        }

        ResolverConfiguration usual = Of(servers);
        return usual with
        {
            Timeout = timeout ?? usual.Timeout,
            Attempts = attempts,
            Rotate = rotate,
            Search = search,
        };
    }

    private static bool TryReadNumber(string option, string name, int max, out int number)
    {
        number = 0;
        if (!option.StartsWith(name, StringComparison.Ordinal)
            || !int.TryParse(option.AsSpan(name.Length), NumberStyles.None,
                CultureInfo.InvariantCulture, out number))
        {
            return false;
        }

        number = Math.Min(number, max);
        return true;
    }
}
