namespace Slipway.Wire;

/// <summary>
/// Why bytes are not the header that they were taken for. Indexes a counter, so the values are
/// dense; <see cref="None"/> means that the header is good.
/// </summary>
public enum ParseError : byte
{
    None = 0,

    /// <summary>Fewer bytes than the fixed part of the header.</summary>
    Truncated,

    /// <summary>The version field names another protocol version.</summary>
    Version,

    /// <summary>A header length that is smaller than the fixed part or passes the end.</summary>
    HeaderLength,

    /// <summary>A total or payload length that passes the bytes that arrived.</summary>
    TotalLength,

    /// <summary>The checksum is wrong (RFC 1071).</summary>
    Checksum,

    /// <summary>An option whose length is zero, one, or passes the options' end.</summary>
    Option,

    /// <summary>A field with a value that the protocol does not allow.</summary>
    Field,

    /// <summary>A domain name that is too long, or whose compression does not end.</summary>
    Name,

    /// <summary>An address or hardware type that this protocol is not spoken for.</summary>
    AddressType,
}
