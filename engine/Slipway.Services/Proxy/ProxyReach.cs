using System.Net;
using System.Net.Sockets;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// What guests may reach by the proxy: what they reach directly, and no more. Names that are the
/// engine's own are looked up at once; others are judged again by their addresses when they are
/// resolved here (<see cref="ResolveAsync"/>).
/// </summary>
public sealed class ProxyReach(StackSettings settings, DnsServer names)
{
    private const int Ipv4LinkLocal = 0xa9fe;
    private const string Localhost = "localhost";

    private readonly DestinationMap _destinations = new(settings);

    /// <summary>
    /// Names that are looked up from here on are asked for by this guest: of one guest's queries
    /// only so many wait. Counts for what the caller starts.
    /// </summary>
    /// <param name="link">The number of its link; 0 for nobody's.</param>
    public static void SpeakFor(int link) => SpeakingGuest.Link = link;

    /// <summary>Judges a host by what it is called, before anything is dialed.</summary>
    /// <param name="host">A name, or an address in any form that resolvers take.</param>
    public ProxyVerdict Judge(string host)
    {
        string name = host.EndsWith('.') ? host[..^1] : host;
        if (IPAddress.TryParse(name, out IPAddress? address))
        {
            return Judge(IpAddress.From(address));
        }

        if (name.Equals(Localhost, StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase))
        {
            return ProxyVerdict.Refused(
                "localhost is the guest itself; the host is host.internal");
        }

        foreach (IpAddress known in names.FindOwn(name))
        {
            return Judge(known);
        }

        return ProxyVerdict.Allowed;
    }

    /// <summary>
    /// The same of a port there, for the guest that is spoken for: one of the host's loopback may
    /// lead to a guest of another group (<see cref="PublishedReach"/>).
    /// </summary>
    public ProxyVerdict Judge(string host, int port, IpProtocol protocol = IpProtocol.Tcp)
    {
        ProxyVerdict verdict = Judge(host);
        return verdict.Loopback is IPAddress loopback && settings.Published.Refuses(
                protocol, new IpEndpoint(IpAddress.From(loopback), (ushort)port),
                SpeakingGuest.Link)
            ? ProxyVerdict.Refused("this port of the host leads to a guest of another group")
            : verdict;
    }

    /// <summary>Judges an address as a guest knows it.</summary>
    public ProxyVerdict Judge(IpAddress address)
    {
        if (settings.IsGateway(address))
        {
            return ProxyVerdict.Refused("the gateway itself is not reached by its proxy");
        }

        if (IsLinkLocal(address) && !(address.IsIPv4 && settings.AllowsLinkLocal))
        {
            return ProxyVerdict.Refused("link-local addresses are not reached by the proxy");
        }

        if (!_destinations.TryToHost(address, out IpAddress mapped))
        {
            return ProxyVerdict.Refused(settings.IsOnLink(address)
                ? "addresses of the guests' own network are not reached by the proxy"
                : "this address is not reached from here");
        }

        return settings.IsHostAlias(address)
            ? new ProxyVerdict(null, mapped.ToIPAddress()) : ProxyVerdict.Allowed;
    }

    /// <summary>The address by which guests know one of the host's side.</summary>
    public IpAddress ToGuest(IPAddress host)
    {
        IpAddress address = IpAddress.From(host);
        return _destinations.ToGuest(address, address);
    }

    /// <summary>
    /// The addresses of a host as guests' DNS tells them, those left out that they may not reach.
    /// </summary>
    /// <exception cref="ProxyException">There is none, or none that may be reached.</exception>
    /// <remarks>
    /// The word localhost, which no guest can ask for, is the host's own: an upstream's.
    /// </remarks>
    public async ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken stop)
    {
        if (host.Equals(Localhost, StringComparison.OrdinalIgnoreCase))
        {
            return [IPAddress.Loopback, IPAddress.IPv6Loopback];
        }

        IReadOnlyList<IpAddress> found =
            IPAddress.TryParse(host, out IPAddress? address) ? [IpAddress.From(address)]
            : await names.LookupAsync(host, SpeakingGuest.Link, stop)
                .ConfigureAwait(false) ?? [];
        List<IPAddress> reached = [];
        ProxyVerdict last = default;
        foreach (IpAddress one in found)
        {
            last = settings.Published.HasGroups && settings.IsHostAlias(one)
                ? ProxyVerdict.Refused("names of the outside do not lead to the host alias")
                : Judge(one);
            if (last.Refusal is null)
            {
                _destinations.TryToHost(one, out IpAddress mapped);
                reached.Add(mapped.ToIPAddress());
            }
        }

        return reached.Count > 0 ? [.. reached]
            : last.Refusal is string why ? throw new ProxyException(why, 403)
            : throw new ProxyException("the name has no address", 502, SocketError.HostNotFound);
    }

    private static bool IsLinkLocal(IpAddress address) => address.IsIPv4
        ? address.IPv4 >> 16 == Ipv4LinkLocal : address.IsLinkLocal;
}
