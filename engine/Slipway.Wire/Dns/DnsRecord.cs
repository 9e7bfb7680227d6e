namespace Slipway.Wire;

/// <summary>A resource record within a message (RFC 1035 section 3.2.1).</summary>
public readonly ref struct DnsRecord
{
    /// <summary>Where the owner's name begins in the message.</summary>
    public required int NameOffset { get; init; }

    public required DnsType Type { get; init; }

    /// <summary>The class; in OPT the sender's UDP payload size.</summary>
    public required ushort Class { get; init; }

    public required uint TtlSeconds { get; init; }

    /// <summary>Where the data begin in the message: names in them may be compressed.</summary>
    public required int DataOffset { get; init; }

    public required ReadOnlySpan<byte> Data { get; init; }
}
