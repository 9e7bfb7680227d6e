using Slipway.Linux;

namespace Slipway.Links;

/// <summary>
/// A guest's memory as it is mapped here. An address that a guest or a VMM wrote is a number until
/// it has been translated, and a translation always covers a whole range: one that leaves its
/// region, or runs from one into the next, has none.
/// </summary>
internal sealed unsafe class GuestMemory : IDisposable
{
    /// <summary>
    /// Regions at a time. VMMs use 2 to 8; memory that is plugged in later adds one each.
    /// </summary>
    internal const int MaximumRegions = 32;

    private readonly GuestRegion[] _regions = new GuestRegion[MaximumRegions];
    private int _count;

    // Where the last address was found: buffers of a guest mostly lie in one region.
    private int _recent;

    internal int Count => _count;

    /// <summary>Translates a guest-physical range; null when it is not wholly mapped.</summary>
    internal byte* Translate(ulong guestAddress, ulong lengthBytes)
    {
        GuestRegion[] regions = _regions;
        int recent = _recent;
        ulong offset = guestAddress - regions[recent].GuestAddress;
        if (IsWithin(regions[recent], offset, lengthBytes))
        {
            return regions[recent].First + offset;
        }

        for (int i = 0; i < _count; i++)
        {
            offset = guestAddress - regions[i].GuestAddress;
            if (IsWithin(regions[i], offset, lengthBytes))
            {
                _recent = i;
                return regions[i].First + offset;
            }
        }

        return null;
    }

    /// <summary>Translates a range of the VMM's addresses; null when it is not mapped.</summary>
    internal byte* TranslateUser(ulong userAddress, ulong lengthBytes)
    {
        for (int i = 0; i < _count; i++)
        {
            ulong offset = userAddress - _regions[i].UserAddress;
            if (IsWithin(_regions[i], offset, lengthBytes))
            {
                return _regions[i].First + offset;
            }
        }

        return null;
    }

    /// <summary>Adds a region, whose mapping is unmapped with it.</summary>
    /// <returns>False, and nothing is taken over, when it does not fit beside the others.</returns>
    internal bool TryAdd(in GuestRegion region)
    {
        bool isValid = _count < MaximumRegions && region.LengthBytes > 0
            && region.GuestAddress + (region.LengthBytes - 1) >= region.GuestAddress
            && region.UserAddress + (region.LengthBytes - 1) >= region.UserAddress;
        for (int i = 0; i < _count && isValid; i++)
        {
            ref GuestRegion other = ref _regions[i];
            isValid = !GuestRegion.Overlap(
                    other.GuestAddress, other.LengthBytes, region.GuestAddress, region.LengthBytes)
                && !GuestRegion.Overlap(
                    other.UserAddress, other.LengthBytes, region.UserAddress, region.LengthBytes);
        }

        if (isValid)
        {
            _regions[_count++] = region;
        }

        return isValid;
    }

    /// <summary>Whether there is a region with just these addresses.</summary>
    internal bool Contains(ulong guestAddress, ulong userAddress, ulong lengthBytes) =>
        Find(guestAddress, userAddress, lengthBytes) >= 0;

    /// <summary>Removes the region with these addresses; false when there is none.</summary>
    internal bool TryRemove(ulong guestAddress, ulong userAddress, ulong lengthBytes)
    {
        int index = Find(guestAddress, userAddress, lengthBytes);
        if (index < 0)
        {
            return false;
        }

        GuestRegion region = _regions[index];
        _regions[index] = _regions[--_count];
        _regions[_count] = default;
        _recent = 0;
        Unmap(region);
        return true;
    }

    internal void Clear()
    {
        for (int i = 0; i < _count; i++)
        {
            Unmap(_regions[i]);
        }

        Array.Clear(_regions);
        _count = 0;
        _recent = 0;
    }

    public void Dispose() => Clear();

    private int Find(ulong guestAddress, ulong userAddress, ulong lengthBytes)
    {
        for (int i = 0; i < _count; i++)
        {
            ref GuestRegion region = ref _regions[i];
            if (region.GuestAddress == guestAddress && region.UserAddress == userAddress
                && region.LengthBytes == lengthBytes)
            {
                return i;
            }
        }

        return -1;
    }

    // An address below the region's gives an offset beyond any length.
    private static bool IsWithin(in GuestRegion region, ulong offset, ulong lengthBytes) =>
        offset < region.LengthBytes && lengthBytes <= region.LengthBytes - offset;

    private static void Unmap(in GuestRegion region)
    {
        if (region.Mapping != 0)
        {
            MemoryMapping.Unmap(region.Mapping, region.MappingBytes);
        }
    }
}
