using Slipway.Wire;

namespace Slipway.Services;

/// <summary>Whom to ask, and what the hosts file says, at one moment.</summary>
/// <param name="Hosts">The hosts file.</param>
/// <param name="UsesLibrary">Addresses come from getaddrinfo.</param>
/// <param name="Usual">The servers for all names but those of the domains.</param>
/// <param name="Domains">Names in wire form with their servers, the longest first.</param>
/// <param name="Superseded">
/// Cancelled when others are to be asked, or the same ones anew: what is waited for then is asked
/// of the next view.
/// </param>
internal sealed record UpstreamView(
    HostsFile Hosts, bool UsesLibrary, ServerGroup Usual,
    IReadOnlyList<(byte[] Name, ServerGroup Servers)> Domains, CancellationToken Superseded)
{
    /// <summary>The servers of the longest domain that the name lies in; null for none.</summary>
    public ServerGroup? FindDomain(ReadOnlySpan<byte> name)
    {
        foreach ((byte[] domain, ServerGroup servers) in Domains)
        {
            if (DomainName.IsWithin(name, domain))
            {
                return servers;
            }
        }

        return null;
    }
}
