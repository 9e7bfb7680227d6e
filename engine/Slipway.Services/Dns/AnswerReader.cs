using Slipway.Wire;

namespace Slipway.Services;

/// <summary>The answers of a type in a response that need not be well-formed.</summary>
internal ref struct AnswerReader
{
    private readonly DnsMessage _message;
    private int _offset;
    private int _left;

    public AnswerReader(ReadOnlySpan<byte> response)
    {
        Span<byte> name = stackalloc byte[DomainName.MaxLengthBytes];
        if (DnsMessage.TryParse(response, out _message) == ParseError.None
            && _message.TryReadQuestion(name, out DnsQuestion question) == ParseError.None)
        {
            _offset = question.EndOffset;
            _left = _message.AnswerCount;
        }
    }

    /// <summary>The next answer of a type; false when there is none.</summary>
    public bool TryRead(DnsType type, out DnsRecord record)
    {
        record = default;
        while (_left-- > 0
            && _message.TryReadRecord(ref _offset, out record) == ParseError.None)
        {
            if (record.Type == type)
            {
                return true;
            }
        }

        return false;
    }
}
