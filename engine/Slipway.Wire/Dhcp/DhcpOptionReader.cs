namespace Slipway.Wire;

/// <summary>
/// Walks the options of a message that <see cref="DhcpMessage.TryParse"/> has accepted, in the
/// order of RFC 2131 section 4.1: the options field, then `file`, then `sname` where option 52
/// says that they hold options too.
/// </summary>
public ref struct DhcpOptionReader
{
    private readonly ReadOnlySpan<byte> _second;
    private readonly ReadOnlySpan<byte> _third;
    private ReadOnlySpan<byte> _area;
    private int _areasRead;
    private int _offset;

    internal DhcpOptionReader(
        ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        _area = first;
        _second = second;
        _third = third;
    }

    /// <summary>The next option, pads skipped; false after the last one.</summary>
    public bool TryRead(out DhcpOption code, out ReadOnlySpan<byte> value)
    {
        while (true)
        {
            ParseError error = TryReadArea(_area, ref _offset, out code, out value);
            if (error == ParseError.None && code != DhcpOption.End)
            {
                return true;
            }

            // An area that does not parse ends here; a message has been refused for it before.
            if (_areasRead++ >= 2)
            {
                code = DhcpOption.End;
                value = default;
                return false;
            }

            _area = _areasRead == 1 ? _second : _third;
            _offset = 0;
        }
    }

    /// <summary>
    /// One option of an area. The end of the bytes counts as option 255: some clients leave it out.
    /// </summary>
    internal static ParseError TryReadArea(
        ReadOnlySpan<byte> area, scoped ref int offset, out DhcpOption code,
        out ReadOnlySpan<byte> value)
    {
        value = default;
        code = DhcpOption.End;
        while (offset < area.Length && area[offset] == (byte)DhcpOption.Pad)
        {
            offset++;
        }

        if (offset >= area.Length || area[offset] == (byte)DhcpOption.End)
        {
            return ParseError.None;
        }

        // CVE-2017-11434: both the length octet and the value must lie within the area.
        if (offset + 2 > area.Length || area[offset + 1] > area.Length - offset - 2)
        {
            return ParseError.Option;
        }

        code = (DhcpOption)area[offset];
        value = area.Slice(offset + 2, area[offset + 1]);
        offset += 2 + value.Length;
        return ParseError.None;
    }
}
