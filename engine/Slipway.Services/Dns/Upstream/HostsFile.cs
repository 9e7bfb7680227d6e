using System.Net;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// hosts(5) as a guest may see it. The host's loopback is not the guest's: an entry for it (but
/// localhost, which is the guest's own) becomes the host alias, or is left out when that is off.
/// </summary>
internal sealed class HostsFile
{
    private readonly Dictionary<byte[], LocalName> _names = new(DomainNameComparer.Instance);
    private readonly Dictionary<byte[], LocalName>.AlternateLookup<ReadOnlySpan<byte>> _bySpan;
    private readonly Dictionary<IpAddress, LocalName> _reverse = [];

    private HostsFile() => _bySpan = _names.GetAlternateLookup<ReadOnlySpan<byte>>();

    public static HostsFile Parse(string text, IpAddress? hostAlias)
    {
        HostsFile file = new();
        byte[] name = new byte[DomainName.MaxLengthBytes];
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split('#')[0].Split(
                [' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || !IPAddress.TryParse(words[0], out IPAddress? parsed)
                || words[0].Contains('%', StringComparison.Ordinal))
            {
                continue;
            }

            IpAddress address = IpAddress.From(parsed);
            IpAddress? seen = !address.IsLoopback ? address : address.IsIPv4 ? hostAlias : null;
            if (seen is not IpAddress usable || usable.IsUnspecified)
            {
                // 0.0.0.0 and :: are how blocklists say "nowhere": the name exists, without
                // address.
                file.Add(words, address.IsUnspecified ? [] : null, name);
                continue;
            }

            file.Add(words, [usable], name);
            if (!address.IsLoopback && DomainName.TryParse(words[1], name, out int length))
            {
                file._reverse.TryAdd(
                    usable, new LocalName([], name[..length], LocalNames.LeaseTtlSeconds));
            }
        }

        return file;
    }

    /// <summary>
    /// The entries of a name, or the names of an address asked for as in-addr.arpa.
    /// </summary>
    public LocalName? Find(ReadOnlySpan<byte> name)
    {
        if (_bySpan.TryGetValue(name, out LocalName? known))
        {
            return known;
        }

        return LocalNames.TryReadReverse(name, out IpAddress address)
            && _reverse.TryGetValue(address, out LocalName? reversed) ? reversed : null;
    }

    private void Add(string[] words, IpAddress[]? addresses, byte[] scratch)
    {
        if (addresses is null)
        {
            return;
        }

        for (int i = 1; i < words.Length; i++)
        {
            if (!DomainName.TryParse(words[i], scratch, out int length))
            {
                continue;
            }

            ReadOnlySpan<byte> name = scratch.AsSpan(0, length);
            IReadOnlyList<IpAddress> known = _bySpan.TryGetValue(name, out LocalName? before)
                ? before.Addresses : [];
            _bySpan[name] =
                new LocalName([.. known, .. addresses], null, LocalNames.LeaseTtlSeconds);
        }
    }
}
