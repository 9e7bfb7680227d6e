using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// Writes the response to a query: header, the question as it was asked (0x20 included), records,
/// and OPT where the query had one. A record that does not fit is left out whole and sets TC.
/// </summary>
public ref struct DnsMessageWriter
{
    private readonly Span<byte> _message;
    private readonly DnsEdns _edns;
    private readonly int _limit;
    private DomainNameWriter _names;
    private DnsResponseCode _code;
    private ushort _flags;
    private int _length;
    private int _answers;
    private int _authorities;

    private DnsMessageWriter(Span<byte> message, in DnsEdns edns)
    {
        _message = message;
        _edns = edns;
        _limit = message.Length - (edns.IsPresent ? DnsEdns.LengthBytes : 0);
        _names = new DomainNameWriter(message[.._limit]);
    }

    /// <summary>Begins a response.</summary>
    /// <param name="query">What is answered.</param>
    /// <param name="questionEnd">
    /// Where its question ends; <see cref="DnsMessage.HeaderLengthBytes"/> if it could not be read,
    /// and then the response has none.
    /// </param>
    /// <param name="edns">The query's.</param>
    /// <param name="response">
    /// Its length is the limit; at least 512 bytes hold any question.
    /// </param>
    public static DnsMessageWriter Reply(
        scoped in DnsMessage query, int questionEnd, in DnsEdns edns, Span<byte> response)
    {
        DnsMessageWriter writer = new(response, edns);
        query.Bytes[..questionEnd].CopyTo(response);
        response[DnsMessage.QuestionCountOffset..DnsMessage.HeaderLengthBytes].Clear();
        writer._length = questionEnd;
        if (questionEnd > DnsMessage.HeaderLengthBytes)
        {
            response[DnsMessage.QuestionCountOffset + 1] = 1;
            writer._names.Remember(DnsMessage.HeaderLengthBytes);
        }

        const ushort opcode = 0x7800;
        const ushort kept =
            opcode | DnsMessage.RecursionDesiredFlag | DnsMessage.CheckingDisabledFlag;
        writer._flags = (ushort)(
            (query.Flags & kept) | DnsMessage.ResponseFlag | DnsMessage.RecursionAvailableFlag);
        return writer;
    }

    /// <summary>Sets the response code, and AA where this server is the authority.</summary>
    public void Conclude(DnsResponseCode code, bool authoritative)
    {
        _code = code;
        _flags = (ushort)(_flags | (authoritative ? DnsMessage.AuthoritativeFlag : 0));
    }

    /// <summary>An address of either family.</summary>
    public void AddAddress(scoped ReadOnlySpan<byte> owner, IpAddress address, uint ttlSeconds)
    {
        Span<byte> data = stackalloc byte[IpAddress.IPv6LengthBytes];
        if (address.IsIPv4)
        {
            address.WriteIPv4(data);
            AddAnswer(owner, DnsType.A, ttlSeconds, data[..IpAddress.IPv4LengthBytes]);
        }
        else
        {
            address.WriteIPv6(data);
            AddAnswer(owner, DnsType.Aaaa, ttlSeconds, data);
        }
    }

    /// <summary>A record whose data hold no name that may be compressed.</summary>
    public void AddAnswer(
        scoped ReadOnlySpan<byte> owner, DnsType type, uint ttlSeconds,
        scoped ReadOnlySpan<byte> data) =>
        AddRecord(owner, type, ttlSeconds, data, isAuthority: false);

    /// <summary>
    /// The same, in either section; one of the authority section is left out without TC if it does
    /// not fit. Answers come first.
    /// </summary>
    public void AddRecord(
        scoped ReadOnlySpan<byte> owner, DnsType type, uint ttlSeconds,
        scoped ReadOnlySpan<byte> data, bool isAuthority)
    {
        int start = _length;
        if (!TryBegin(owner, type, ttlSeconds) || _length + data.Length > _limit)
        {
            _length = start;
            _flags |= isAuthority ? (ushort)0 : DnsMessage.TruncatedFlag;
            return;
        }

        data.CopyTo(_message[_length..]);
        End(data.Length);
        _answers += isAuthority ? 0 : 1;
        _authorities += isAuthority ? 1 : 0;
    }

    /// <summary>Sets TC: there is more than this.</summary>
    public void SetTruncated() => _flags |= DnsMessage.TruncatedFlag;

    /// <summary>A record whose data are one name (PTR, CNAME).</summary>
    public void AddName(
        scoped ReadOnlySpan<byte> owner, DnsType type, uint ttlSeconds,
        scoped ReadOnlySpan<byte> name)
    {
        int start = _length;
        int written = TryBegin(owner, type, ttlSeconds) ? _names.Write(name, _length) : -1;
        if (written < 0)
        {
            Truncate(start);
            return;
        }

        End(written);
        _answers++;
    }

    /// <summary>
    /// SOA in the authority section: how long a resolver may remember that there is nothing
    /// (RFC 2308 section 3). Left out without TC if it does not fit.
    /// </summary>
    public void AddAuthority(
        scoped ReadOnlySpan<byte> zone, scoped ReadOnlySpan<byte> server, uint ttlSeconds)
    {
        const int numbersLengthBytes = 20;
        int start = _length;
        int first = TryBegin(zone, DnsType.Soa, ttlSeconds) ? _names.Write(server, _length) : -1;
        int second = first >= 0 ? _names.Write(server, _length + first) : -1;
        int names = first + second;
        if (second < 0 || _length + names + numbersLengthBytes > _limit)
        {
            _length = start;
            return;
        }

        // Serial, refresh, retry, expire, minimum: nobody transfers this zone, only the last
        // counts.
        Span<byte> numbers = _message.Slice(_length + names, numbersLengthBytes);
        ReadOnlySpan<uint> values = [1, 3600, 600, 86_400, ttlSeconds];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(numbers[(4 * i)..], values[i]);
        }

        End(names + numbersLengthBytes);
        _authorities++;
    }

    /// <summary>Writes the header and OPT.</summary>
    /// <returns>The message's length in bytes.</returns>
    public int Finish()
    {
        if (_edns.IsPresent)
        {
            DnsEdns.Write(_message[_length..], _code, _edns.DnssecOk);
            _length += DnsEdns.LengthBytes;
            _message[DnsMessage.AdditionalCountOffset + 1] = 1;
        }

        BinaryPrimitives.WriteUInt16BigEndian(
            _message[DnsMessage.FlagsOffset..], (ushort)(_flags | ((ushort)_code & 0xf)));
        BinaryPrimitives.WriteUInt16BigEndian(
            _message[DnsMessage.AnswerCountOffset..], (ushort)_answers);
        BinaryPrimitives.WriteUInt16BigEndian(
            _message[DnsMessage.AuthorityCountOffset..], (ushort)_authorities);
        return _length;
    }

    private bool TryBegin(scoped ReadOnlySpan<byte> owner, DnsType type, uint ttlSeconds)
    {
        const int fixedLengthBytes = 10;
        int written = (_flags & DnsMessage.TruncatedFlag) == 0 ? _names.Write(owner, _length) : -1;
        if (written < 0 || _length + written + fixedLengthBytes > _limit)
        {
            return false;
        }

        Span<byte> head = _message.Slice(_length + written, fixedLengthBytes);
        BinaryPrimitives.WriteUInt16BigEndian(head, (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(head[2..], (ushort)DnsClass.Internet);
        BinaryPrimitives.WriteUInt32BigEndian(head[4..], ttlSeconds);
        _length += written + fixedLengthBytes;
        return true;
    }

    private void End(int dataLengthBytes)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_message[(_length - 2)..], (ushort)dataLengthBytes);
        _length += dataLengthBytes;
    }

    private void Truncate(int length)
    {
        _length = length;
        _flags |= DnsMessage.TruncatedFlag;
    }
}
