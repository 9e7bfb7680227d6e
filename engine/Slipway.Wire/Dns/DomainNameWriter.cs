using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// Writes names with compression (RFC 1035 section 4.1.4) into a message or, alone, into option 119
/// of DHCP (RFC 3397, whose pointers count from the option's start). It remembers where the first
/// names and their suffixes were written; what it does not remember is written in full.
/// </summary>
public ref struct DomainNameWriter
{
    private const int MaxOffset = 0x3fff;
    private const int MaxRemembered = 64;
    private readonly Span<byte> _message;
    private Offsets _offsets;
    private int _count;

    /// <param name="message">The whole message: offsets count from its start.</param>
    public DomainNameWriter(Span<byte> message) => _message = message;

    /// <summary>Takes note of a name that stands in the message already, uncompressed.</summary>
    public void Remember(int offset)
    {
        int at = offset;
        while (at < _message.Length && _message[at] is not 0 and <= DomainName.MaxLabelLengthBytes)
        {
            RememberSuffix(at);
            at += 1 + _message[at];
        }
    }

    /// <summary>Writes a name at an offset.</summary>
    /// <returns>Bytes written; -1 if they do not fit, and then nothing counts.</returns>
    public int Write(scoped ReadOnlySpan<byte> name, int offset)
    {
        int at = offset;
        int remembered = _count;
        while (name.Length > 1)
        {
            int pointer = Find(name, remembered);
            if (pointer >= 0)
            {
                if (at + 2 > _message.Length)
                {
                    _count = remembered;
                    return -1;
                }

                BinaryPrimitives.WriteUInt16BigEndian(_message[at..], (ushort)(0xc000 | pointer));
                return at + 2 - offset;
            }

            int length = 1 + name[0];
            if (at + length > _message.Length)
            {
                _count = remembered;
                return -1;
            }

            RememberSuffix(at);
            name[..length].CopyTo(_message[at..]);
            at += length;
            name = name[length..];
        }

        if (at >= _message.Length)
        {
            _count = remembered;
            return -1;
        }

        _message[at] = 0;
        return at + 1 - offset;
    }

    private void RememberSuffix(int offset)
    {
        if (_count < MaxRemembered && offset <= MaxOffset)
        {
            _offsets[_count++] = (ushort)offset;
        }
    }

    private readonly int Find(scoped ReadOnlySpan<byte> name, int count)
    {
        Span<byte> written = stackalloc byte[DomainName.MaxLengthBytes];
        // The suffixes of the name that is being written do not count: it is not whole yet.
        for (int i = 0; i < count; i++)
        {
            int offset = _offsets[i];
            if (_message[offset] == name[0]
                && DomainName.TryRead(
                    _message, offset, written, out int length, out _) == ParseError.None
                && DomainName.Same(written[..length], name))
            {
                return offset;
            }
        }

        return -1;
    }

    [System.Runtime.CompilerServices.InlineArray(MaxRemembered)]
    private struct Offsets
    {
        private ushort _first;
    }
}
