namespace Slipway.Links;

/// <summary>Where the three parts of a split virtqueue are, in the VMM's addresses.</summary>
/// <param name="Size">Descriptors: a power of two up to 32768.</param>
/// <param name="Table">Descriptor table; aligned to 16.</param>
/// <param name="Available">Available ring; aligned to 2.</param>
/// <param name="Used">Used ring; aligned to 4.</param>
internal readonly record struct RingLayout(int Size, ulong Table, ulong Available, ulong Used);
