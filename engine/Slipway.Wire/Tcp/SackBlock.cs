namespace Slipway.Wire;

/// <summary>A run of bytes that arrived out of order (RFC 2018 section 3).</summary>
/// <param name="Left">Sequence number of the first byte of the block.</param>
/// <param name="Right">Sequence number just behind the last byte of the block.</param>
public readonly record struct SackBlock(uint Left, uint Right);
