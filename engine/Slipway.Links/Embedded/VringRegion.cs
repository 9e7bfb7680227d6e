namespace Slipway.Links;

/// <summary>A piece of a guest's memory that is mapped in this process.</summary>
/// <param name="First">Its first byte, as an address of this process.</param>
/// <param name="GuestAddress">Guest-physical.</param>
/// <param name="LengthBytes">At least 1.</param>
public readonly record struct VringRegion(nint First, ulong GuestAddress, ulong LengthBytes);
