using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// Walks the records of a <see cref="MulticastListenerReport"/>, which its `TryParse` has verified
/// (RFC 3810 section 5.2). Auxiliary data is counted in units of 4 bytes and passed over.
/// <code>
/// +---------------+---------------+-------------------------------+
/// |  Record Type  | Aux Data Len  |     Number of Sources (N)     |
/// +---------------+---------------+-------------------------------+
/// |                 Multicast Address (128 bits)                  |
/// +---------------------------------------------------------------+
/// |          N source addresses (128 bits), auxiliary data        |
/// +---------------------------------------------------------------+
/// </code>
/// </summary>
public ref struct MulticastRecordReader
{
    private const int TypeOffset = 0;
    private const int AuxiliaryOffset = 1;
    private const int SourceCountOffset = 2;
    private const int GroupOffset = 4;
    private const int FixedLengthBytes = 20;
    private const int AuxiliaryUnitBytes = 4;

    private MulticastRecord? _only;
    private ReadOnlySpan<byte> _rest;
    private int _left;

    /// <param name="only">What a message of version 1 tells.</param>
    internal MulticastRecordReader(MulticastRecord only) => _only = only;

    /// <param name="records">All that follows the fixed part of a message of version 2.</param>
    /// <param name="count">How many records it announces.</param>
    internal MulticastRecordReader(ReadOnlySpan<byte> records, int count)
    {
        _rest = records;
        _left = count;
    }

    /// <summary>The next record; false after the last one.</summary>
    public bool TryRead(out MulticastRecord record)
    {
        if (_only is { } only)
        {
            record = only;
            _only = null;
            return true;
        }

        record = default;
        return _left-- > 0 && TryCut(ref _rest, out record) == ParseError.None;
    }

    /// <summary>Verifies all records; what follows them does not count.</summary>
    /// <returns>
    /// <see cref="ParseError.TotalLength"/> for one that passes the end, or
    /// <see cref="ParseError.Field"/> for a group that is none.
    /// </returns>
    internal static ParseError Verify(ReadOnlySpan<byte> records, int count)
    {
        ParseError error = ParseError.None;
        for (int i = 0; i < count && error == ParseError.None; i++)
        {
            error = TryCut(ref records, out _);
        }

        return error;
    }

    private static ParseError TryCut(
        scoped ref ReadOnlySpan<byte> rest, out MulticastRecord record)
    {
        record = default;
        if (rest.Length < FixedLengthBytes)
        {
            return ParseError.TotalLength;
        }

        int sourceCount = BinaryPrimitives.ReadUInt16BigEndian(rest[SourceCountOffset..]);
        int lengthBytes = FixedLengthBytes + (sourceCount * IpAddress.IPv6LengthBytes)
            + (rest[AuxiliaryOffset] * AuxiliaryUnitBytes);
        if (lengthBytes > rest.Length)
        {
            return ParseError.TotalLength;
        }

        record = new MulticastRecord(
            (MulticastRecordType)rest[TypeOffset], IpAddress.ReadIPv6(rest[GroupOffset..]),
            sourceCount);
        rest = rest[lengthBytes..];
        return record.Group.IsMulticast ? ParseError.None : ParseError.Field;
    }
}
