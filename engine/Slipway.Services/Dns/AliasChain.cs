using System.Runtime.CompilerServices;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>Names that stand for one another (CNAME), up to one that is no alias here.</summary>
internal struct AliasChain
{
    private const int MaxLength = 8;
    private Links _links;
    private int _count;

    /// <summary>It leads back into itself, or goes on too long.</summary>
    public bool IsEndless { get; private set; }

    /// <summary>The name at its end, in wire form; empty where there is no alias.</summary>
    public readonly ReadOnlySpan<byte> Target => _count > 0 ? _links[_count - 1].Alias : default;

    /// <summary>Follows the aliases of a name.</summary>
    /// <param name="known">What is known of it; then of the last one, null for nothing.</param>
    public static AliasChain Follow(LocalNames names, ref LocalName? known)
    {
        AliasChain chain = default;
        while (known?.Alias is not null)
        {
            if (chain._count == MaxLength)
            {
                chain.IsEndless = true;
                return chain;
            }

            chain._links[chain._count++] = known;
            known = names.Find(known.Alias);
        }

        return chain;
    }

    /// <summary>Writes the CNAME records, the first of them owned by a name.</summary>
    public readonly void WriteTo(ref DnsMessageWriter writer, ReadOnlySpan<byte> owner)
    {
        for (int i = 0; i < _count; i++)
        {
            byte[] alias = _links[i].Alias!;
            writer.AddName(owner, DnsType.Cname, _links[i].TtlSeconds, alias);
            owner = alias;
        }
    }

    [InlineArray(MaxLength)]
    private struct Links
    {
        private LocalName _first;
    }
}
