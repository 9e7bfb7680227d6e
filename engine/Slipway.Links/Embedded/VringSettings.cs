namespace Slipway.Links;

/// <summary>Where a queue of a VMM's own is, and how its two sides wake each other.</summary>
/// <param name="Size">Descriptors: a power of two up to 32768.</param>
/// <param name="Table">Descriptor table, as an address of this process; aligned to 16.</param>
/// <param name="Available">Available ring; aligned to 2.</param>
/// <param name="Used">Used ring; aligned to 4.</param>
/// <param name="Base">The first chain to take, as an index of the available ring.</param>
/// <param name="KickDescriptor">
/// The eventfd that the driver kicks by, which is duplicated; -1 where the VMM says so itself.
/// </param>
/// <param name="CallDescriptor">
/// The eventfd that interrupts the driver, which is duplicated; -1 when the driver polls.
/// </param>
public readonly record struct VringSettings(
    int Size, ulong Table, ulong Available, ulong Used, ushort Base, int KickDescriptor,
    int CallDescriptor);
