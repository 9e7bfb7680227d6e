namespace Slipway.Links.Tests;

/// <summary>Regions beside each other, and those that do not fit.</summary>
public sealed class GuestMemoryTests
{
    [Theory]
    [InlineData(0x1000, 0x9000, 0x1000, true)] // right behind
    [InlineData(0x0fff, 0x9000, 0x1000, false)]
    [InlineData(0x0800, 0x9000, 0x0100, false)] // within
    [InlineData(0x3000, 0x8fff, 0x1000, false)] // in the VMM they overlap
    [InlineData(0x3000, 0xa000, 0x0000, false)] // nothing
    [InlineData(ulong.MaxValue, 0xa000, 2, false)] // round the end
    [InlineData(0x3000, ulong.MaxValue, 2, false)]
    [InlineData(ulong.MaxValue, 0xa000, 1, true)]
    public void Region_BesideAnother_IsTakenIfItFits(
        ulong guest, ulong user, ulong length, bool isTaken)
    {
        using GuestMemory memory = new();
        Assert.True(memory.TryAdd(GuestRegion.At(0, 0, 0x8000, 0x1000)));
        Assert.Equal(isTaken, memory.TryAdd(GuestRegion.At(0, guest, user, length)));
        Assert.Equal(isTaken ? 2 : 1, memory.Count);
    }

    [Fact]
    public void Regions_AsManyAsThereMayBe_AreTakenAndRemovedByTheirAddresses()
    {
        using GuestMemory memory = new();
        for (int i = 0; i < GuestMemory.MaximumRegions; i++)
        {
            Assert.True(memory.TryAdd(Region(i)));
        }

        Assert.False(memory.TryAdd(Region(GuestMemory.MaximumRegions)));
        Assert.False(memory.TryRemove(0, 0x10_0000, 0xfff));
        Assert.True(memory.TryRemove(0, 0x10_0000, 0x1000));
        Assert.False(memory.TryRemove(0, 0x10_0000, 0x1000));
        Assert.True(memory.TryAdd(Region(GuestMemory.MaximumRegions)));
    }

    private static GuestRegion Region(int index)
    {
        ulong place = (ulong)index * 0x1000;
        return GuestRegion.At(0, place, 0x10_0000 + place, 0x1000);
    }
}
