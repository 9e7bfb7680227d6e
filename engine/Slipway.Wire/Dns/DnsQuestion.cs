namespace Slipway.Wire;

/// <summary>The question of a query, without its name, which the reader holds.</summary>
/// <param name="NameLengthBytes">Length of the name, uncompressed.</param>
/// <param name="EndOffset">Where the question ends in the message.</param>
public readonly record struct DnsQuestion(
    DnsType Type, DnsClass Class, int NameLengthBytes, int EndOffset);
