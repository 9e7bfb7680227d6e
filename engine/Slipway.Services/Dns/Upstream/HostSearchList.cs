using Slipway.Wire;

namespace Slipway.Services;

/// <summary>Where the host looks for short names (resolv.conf(5), `search`).</summary>
public static class HostSearchList
{
    // What resolvers have kept to since RFC 1535: more is cut by some of them.
    private const int MaxDomains = 6;
    private const int MaxLength = 256;

    /// <summary>The list, without what is no domain name; empty where there is none.</summary>
    public static IReadOnlyList<string> Read(string path = "/etc/resolv.conf")
    {
        WatchedFile<ResolverConfiguration> file =
            new(path, TimeSpan.Zero, ResolverConfiguration.Parse);
        List<string> domains = [];
        Span<byte> wire = stackalloc byte[DomainName.MaxLengthBytes];
        int length = 0;
        foreach (string word in file.Current.Search)
        {
            string domain = word.TrimEnd('.').ToLowerInvariant();
            length += domain.Length + 1;
            if (domains.Count == MaxDomains || length > MaxLength)
            {
                break;
            }

            if (domain.Length > 0 && DomainName.TryParse(domain, wire, out _))
            {
                domains.Add(domain);
            }
        }

        return domains;
    }
}
