namespace Slipway.Links;

/// <summary>
/// A piece of a guest's memory and where it is mapped here. It has two addresses besides: the
/// guest's own (physical), which descriptors use, and that in the VMM's process, which is used for
/// the rings.
/// </summary>
internal unsafe struct GuestRegion
{
    /// <summary>Guest-physical.</summary>
    internal ulong GuestAddress;

    /// <summary>In the VMM's address space.</summary>
    internal ulong UserAddress;

    internal ulong LengthBytes;

    /// <summary>The region's first byte, within the mapping.</summary>
    internal byte* First;

    /// <summary>What munmap(2) wants; 0 for memory that is not ours to unmap.</summary>
    internal nint Mapping;

    internal ulong MappingBytes;

    /// <summary>A region whose first byte is at an address of ours.</summary>
    internal static GuestRegion At(
        nint first, ulong guestAddress, ulong userAddress, ulong lengthBytes) => new()
        {
            First = (byte*)first,
            GuestAddress = guestAddress,
            UserAddress = userAddress,
            LengthBytes = lengthBytes,
        };

    /// <summary>Whether two ranges of addresses have a byte in common.</summary>
    internal static bool Overlap(ulong first, ulong firstBytes, ulong second, ulong secondBytes) =>
        first - second < secondBytes || second - first < firstBytes;
}
