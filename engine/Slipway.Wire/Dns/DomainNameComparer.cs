namespace Slipway.Wire;

/// <summary>
/// Compares names in wire form without regard to ASCII case, and lets a dictionary of them be asked
/// by span. The hash is seeded at each start, so that a guest cannot aim at one bucket.
/// </summary>
public sealed class DomainNameComparer
    : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    public static readonly DomainNameComparer Instance = new();

    private DomainNameComparer()
    {
    }

    public bool Equals(byte[]? x, byte[]? y) =>
        ReferenceEquals(x, y) || (x is not null && y is not null && DomainName.Same(x, y));

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) =>
        DomainName.Same(alternate, other);

    public int GetHashCode(byte[] obj) => GetHashCode((ReadOnlySpan<byte>)obj);

    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        Span<byte> folded = stackalloc byte[DomainName.MaxLengthBytes];
        int length = Math.Min(alternate.Length, folded.Length);
        for (int i = 0; i < length; i++)
        {
            folded[i] = DomainName.Fold(alternate[i]);
        }

        HashCode hash = default;
        hash.AddBytes(folded[..length]);
        return hash.ToHashCode();
    }

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
}
