namespace Slipway.Links.Tests;

/// <summary>Drivers that break the rules, and layouts that no VMM should give.</summary>
public sealed partial class SplitRingTests
{
    public static TheoryData<string, string> HostileRings => new()
    {
        { "index jumps", "IndexJumped" },
        { "index goes back", "IndexJumped" },
        { "head beyond the table", "OutsideTable" },
        { "next beyond the table", "OutsideTable" },
        { "chain loops", "ChainTooLong" },
        { "chain is its own next", "ChainTooLong" },
        { "buffer before the memory", "OutsideMemory" },
        { "buffer beyond the memory", "OutsideMemory" },
        { "buffer over the end", "OutsideMemory" },
        { "buffer at the last address", "OutsideMemory" },
        { "buffer over the seam of two regions", "OutsideMemory" },
        { "buffer of nothing", "BadLength" },
        { "buffer of 4 GiB", "BadLength" },
        { "buffer to write", "WrongDirection" },
        { "indirect table outside", "OutsideMemory" },
        { "indirect table of nothing", "BadIndirect" },
        { "indirect table of 17 bytes", "BadIndirect" },
        { "indirect table not aligned", "BadIndirect" },
        { "indirect with next", "BadIndirect" },
        { "indirect within indirect", "BadIndirect" },
        { "indirect next beyond its table", "OutsideTable" },
        { "indirect loops", "ChainTooLong" },
        { "indirect longer than the ring", "ChainTooLong" },
    };

    [Theory]
    [MemberData(nameof(HostileRings))]
    public void Driver_BreakingTheRules_StopsTheRing(string what, string fault)
    {
        // CVE-2018-1059, CVE-2019-18960 (beyond a region), CVE-2021-3748 (in none), CVE-2016-5403
        // (more than the ring has).
        Start();
        Misbehave(what);
        bool isRead = _ring.TryTake(out ushort head)
            && _ring.TryReadChain(head, isWritable: false, _segments, out _);
        Assert.False(isRead);
        Assert.Equal(fault, _ring.Fault.ToString());
        Assert.False(_ring.IsRunning);

        // And nothing more is believed or written.
        _driver.SetAvailable(_driver.Available + 1);
        Assert.Equal(0, _ring.CountAvailable());
        Assert.False(_ring.TryTake(out _));
        _ring.Publish();
        Assert.False(_ring.TakeCall());
        Assert.True(_ring.TryArmKick());
        Assert.Empty(_driver.TakeUsed());
    }

    [Fact]
    public void Indirect_NotNegotiated_StopsTheRing()
    {
        Assert.True(_ring.TryStart(
            _memory, _driver.Layout, 0, hasEvents: true, hasIndirect: false));
        _driver.Describe(0, Buffers, 16, DriverRing.Indirect);
        _driver.Offer(0);
        Assert.True(_ring.TryTake(out ushort head));
        Assert.False(_ring.TryReadChain(head, isWritable: false, _segments, out _));
        Assert.Equal(RingFault.BadIndirect, _ring.Fault);
    }

    public static TheoryData<int, ulong, ulong, ulong> WrongLayouts
    {
        get
        {
            const ulong place = SharedMemory.UserBase + 0x1000;
            const ulong end = SharedMemory.UserBase + (1 << 20);
            return new()
            {
                { 0, place, place + 0x200, place + 0x400 },
                { 3, place, place + 0x200, place + 0x400 },
                { 65_536, place, place + 0x200, place + 0x400 },
                { 8, place + 8, place + 0x200, place + 0x400 },
                { 8, place, place + 0x201, place + 0x400 },
                { 8, place, place + 0x200, place + 0x402 },
                { 8, 0, place + 0x200, place + 0x400 },
                { 8, SharedMemory.GuestBase, place + 0x200, place + 0x400 },
                { 8, end - 112, place + 0x200, place + 0x400 },
                { 8, place, end - 20, place + 0x400 },
                { 8, place, place + 0x200, end - 68 },
                { 8, place, place + 0x200, ulong.MaxValue - 3 },
                { 32_768, end - 0x1000, place, place },
            };
        }
    }

    [Theory]
    [MemberData(nameof(WrongLayouts))]
    public void Layout_NotInTheMemory_DoesNotStart(
        int size, ulong table, ulong available, ulong used)
    {
        Assert.False(_ring.TryStart(
            _memory, new RingLayout(size, table, available, used), 0, true, true));
        Assert.False(_ring.IsRunning);
        Assert.Equal(0, _ring.CountAvailable());
    }

    private void Misbehave(string what)
    {
        ulong end = SharedMemory.GuestBase + (ulong)_shared.LengthBytes;
        switch (what)
        {
            case "index jumps":
                _driver.SetAvailable(Size + 1);
                return;
            case "index goes back":
                _driver.SetAvailable(-1);
                return;
            case "head beyond the table":
                _driver.Offer(Size);
                return;
            case "next beyond the table":
                _driver.Describe(0, Buffers, 1, DriverRing.Next, Size);
                break;
            case "chain loops":
                _driver.Describe(0, Buffers, 1, DriverRing.Next, 1);
                _driver.Describe(1, Buffers, 1, DriverRing.Next, 0);
                break;
            case "chain is its own next":
                _driver.Describe(0, Buffers, 1, DriverRing.Next, 0);
                break;
            case "buffer before the memory":
                _driver.Describe(0, SharedMemory.GuestBase - 1, 2, 0);
                break;
            case "buffer beyond the memory":
                _driver.Describe(0, end, 1, 0);
                break;
            case "buffer over the end":
                _driver.Describe(0, end - 100, 101, 0);
                break;
            case "buffer at the last address":
                _driver.Describe(0, ulong.MaxValue, 1_000, 0);
                break;
            case "buffer over the seam of two regions":
                AddNeighbour(end);
                _driver.Describe(0, end - 100, 200, 0);
                break;
            case "buffer of nothing":
                _driver.Describe(0, Buffers, 0, 0);
                break;
            case "buffer of 4 GiB":
                _driver.Describe(0, Buffers, uint.MaxValue, 0);
                break;
            case "buffer to write":
                _driver.Describe(0, Buffers, 1, DriverRing.Writable);
                break;
            default:
                MisbehaveIndirectly(what, end);
                break;
        }

        _driver.Offer(0);
    }

    private void MisbehaveIndirectly(string what, ulong end)
    {
        uint length = 32;
        ulong table = Buffers;
        int flags = DriverRing.Indirect;
        byte[] first = DriverRing.Descriptor(Buffers, 1, DriverRing.Next, 1);
        byte[] second = DriverRing.Descriptor(Buffers, 1, 0, 0);
        switch (what)
        {
            case "indirect table outside":
                table = end - 16;
                break;
            case "indirect table of nothing":
                length = 0;
                break;
            case "indirect table of 17 bytes":
                length = 17;
                break;
            case "indirect table not aligned":
                table++;
                break;
            case "indirect with next":
                flags |= DriverRing.Next;
                break;
            case "indirect within indirect":
                second = DriverRing.Descriptor(Buffers, 32, DriverRing.Indirect, 0);
                break;
            case "indirect next beyond its table":
                second = DriverRing.Descriptor(Buffers, 1, DriverRing.Next, 2);
                break;
            case "indirect loops":
                second = DriverRing.Descriptor(Buffers, 1, DriverRing.Next, 0);
                break;
            case "indirect longer than the ring":
                length = 16 * (Size + 1);
                for (int i = 0; i <= Size; i++)
                {
                    int more = i < Size ? DriverRing.Next : 0;
                    _shared.Write(
                        Buffers + (16 * (ulong)i),
                        DriverRing.Descriptor(Buffers, 1, more, i + 1));
                }

                _driver.Describe(0, table, length, flags);
                return;
            default:
                Assert.Fail(what);
                break;
        }

        _shared.Write(Buffers, first);
        _shared.Write(Buffers + 16, second);
        _driver.Describe(0, table, length, flags, 1);
    }

    // A second region right behind the first, also here: a check of our own addresses passes.
    private void AddNeighbour(ulong guestAddress)
    {
        byte[] pinned = GC.AllocateArray<byte>(4096, pinned: true);
        nint place = System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(
            pinned, 0);
        Assert.True(_memory.TryAdd(GuestRegion.At(place, guestAddress, 0x1000, 4096)));
    }
}
