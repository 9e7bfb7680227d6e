namespace Slipway.Wire;

/// <summary>
/// Walks the options of a message of neighbor discovery that its `TryParse` has accepted (RFC 4861
/// section 4.6). The length counts type and length too, and can never be zero.
/// <code>
/// +---------------+---------------+-------------------------------+
/// |     Type      | Length (8 B)  |  Value ... (8 * Length bytes) |
/// +---------------+---------------+-------------------------------+
/// </code>
/// </summary>
public ref struct NdpOptionReader
{
    internal const int TypeOffset = 0;
    internal const int LengthOffset = 1;
    internal const int ValueOffset = 2;
    internal const int UnitBytes = 8;

    private ReadOnlySpan<byte> _rest;

    internal NdpOptionReader(ReadOnlySpan<byte> options) => _rest = options;

    /// <summary>The next option; false after the last one.</summary>
    /// <param name="type">May be a number that <see cref="NdpOption"/> lacks.</param>
    /// <param name="option">The whole option, type and length included: 8 bytes or more.</param>
    public bool TryRead(out NdpOption type, out ReadOnlySpan<byte> option)
    {
        type = default;
        option = default;
        if (_rest.IsEmpty || TryCut(ref _rest, out option) != ParseError.None)
        {
            return false;
        }

        type = (NdpOption)option[TypeOffset];
        return true;
    }

    /// <summary>
    /// Verifies all options' lengths, since one bad option discards the message, and picks out a
    /// link-layer address; of several the first counts.
    /// </summary>
    /// <returns>
    /// <see cref="ParseError.Option"/>, also for a link-layer address that is not Ethernet's.
    /// </returns>
    internal static ParseError TryScan(
        ReadOnlySpan<byte> options, NdpOption wanted, out MacAddress? linkLayer)
    {
        linkLayer = null;
        while (!options.IsEmpty)
        {
            if (TryCut(ref options, out ReadOnlySpan<byte> option) != ParseError.None)
            {
                return ParseError.Option;
            }

            if (option[TypeOffset] != (byte)wanted)
            {
                continue;
            }

            if (option.Length != UnitBytes)
            {
                return ParseError.Option;
            }

            linkLayer ??= MacAddress.Read(option[ValueOffset..]);
        }

        return ParseError.None;
    }

    private static ParseError TryCut(
        scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> option)
    {
        option = default;
        if (rest.Length < UnitBytes)
        {
            return ParseError.Option;
        }

        int lengthBytes = rest[LengthOffset] * UnitBytes;
        if (lengthBytes == 0 || lengthBytes > rest.Length)
        {
            return ParseError.Option;
        }

        option = rest[..lengthBytes];
        rest = rest[lengthBytes..];
        return ParseError.None;
    }
}
