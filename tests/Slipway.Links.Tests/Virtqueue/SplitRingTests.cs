namespace Slipway.Links.Tests;

/// <summary>The device's side of a ring against a driver that keeps the rules.</summary>
public sealed partial class SplitRingTests : IDisposable
{
    private const ulong Buffers = SharedMemory.GuestBase + 0x8_0000;
    private const int Size = 8;

    private readonly SharedMemory _shared = new();
    private readonly GuestMemory _memory;
    private readonly DriverRing _driver;
    private readonly SplitRing _ring = new();
    private readonly BufferSegment[] _segments = new BufferSegment[Size];

    public SplitRingTests()
    {
        _memory = _shared.Map();
        _driver = new DriverRing(_shared, 0x1000, Size);
    }

    public void Dispose()
    {
        _memory.Dispose();
        _shared.Dispose();
    }

    [Fact]
    public void Descriptor_Laid_IsStructVirtqDesc()
    {
        Assert.Equal(
            VirtqDesc.SizeBytes, System.Runtime.CompilerServices.Unsafe.SizeOf<VirtqDesc>());
        Assert.Equal(8, Offset("LengthBytes"));
        Assert.Equal(12, Offset("Flags"));
        Assert.Equal(14, Offset("Next"));
    }

    [Fact]
    public void Chain_OfSeveralBuffers_IsReadInOrderAndGivenBack()
    {
        Start();
        _shared.Write(Buffers, "one"u8);
        _shared.Write(Buffers + 100, "three"u8);
        int head = _driver.Add(false, (Buffers, 3), (Buffers + 100, 5));
        Assert.True(_ring.TryTake(out ushort taken));
        Assert.Equal(head, taken);
        Assert.True(_ring.TryReadChain(taken, isWritable: false, _segments, out int count));
        Assert.Equal(2, count);
        Assert.Equal("one"u8.ToArray(), _segments[0].Bytes.ToArray());
        Assert.Equal("three"u8.ToArray(), _segments[1].Bytes.ToArray());
        Assert.False(_ring.TryTake(out _));

        _ring.Complete(taken, 7);
        Assert.Empty(_driver.TakeUsed());
        _ring.Publish();
        Assert.Equal([(head, 7)], _driver.TakeUsed());
    }

    [Fact]
    public void Chain_Indirect_IsReadFromItsTable()
    {
        Start();
        _shared.Write(Buffers, DriverRing.Descriptor(Buffers + 200, 10, DriverRing.Next, 2));
        _shared.Write(Buffers + 32, DriverRing.Descriptor(Buffers + 300, 20, 0, 0));
        _driver.Describe(3, Buffers, 48, DriverRing.Indirect);
        _driver.Offer(3);
        Assert.True(_ring.TryTake(out ushort head));
        Assert.True(_ring.TryReadChain(head, isWritable: false, _segments, out int count));
        Assert.Equal([10, 20], _segments[..count].Select(segment => segment.LengthBytes));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65_530)]
    [InlineData(32_767)]
    public void Indices_Wrapping_LoseNothing(int start)
    {
        _driver.BeginAt((ushort)start);
        Start((ushort)start);
        for (int i = 0; i < 100; i++)
        {
            int one = _driver.Add(false, (Buffers, 1));
            int two = _driver.Add(false, (Buffers, 1), (Buffers, 1));
            Assert.Equal(2, _ring.CountAvailable());
            for (int k = 0; k < 2; k++)
            {
                Assert.True(_ring.TryTake(out ushort head));
                Assert.True(_ring.TryReadChain(head, isWritable: false, _segments, out _));
                _ring.Complete(head, (uint)i);
            }

            _ring.Publish();
            Assert.Equal([(one, i), (two, i)], _driver.TakeUsed());
        }

        Assert.Equal((ushort)(start + 200), _ring.Next);
    }

    [Fact]
    public void Chain_OfAllDescriptors_IsRead()
    {
        Start();
        _driver.Add(true, [.. Enumerable.Repeat((Buffers, 4), Size)]);
        Assert.True(_ring.TryTake(out ushort head));
        Assert.True(_ring.TryReadChain(head, isWritable: true, _segments, out int count));
        Assert.Equal(Size, count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65_534)]
    public void Calls_WithEventIndex_ComeWhenTheDriverAskedForThem(int start)
    {
        _driver.BeginAt((ushort)start);
        Start((ushort)start);
        _driver.SetUsedEvent(start + 2); // not before the third
        Finish(1);
        Assert.True(_ring.TakeCall()); // the first after a start is never left out
        Finish(1);
        Assert.False(_ring.TakeCall());
        Finish(1);
        Assert.True(_ring.TakeCall());
        Assert.False(_ring.TakeCall());
        Finish(3);
        Assert.False(_ring.TakeCall()); // asked for one that has been
        _driver.SetUsedEvent(start + 7);
        Finish(3);
        Assert.True(_ring.TakeCall()); // it was among several
    }

    [Fact]
    public void Calls_WithoutEventIndex_FollowTheDriversFlag()
    {
        Start(hasEvents: false);
        Finish(1);
        Assert.True(_ring.TakeCall());
        _driver.SetFlags(1);
        Finish(1);
        Assert.False(_ring.TakeCall());
        _driver.SetFlags(0);
        Finish(1);
        Assert.True(_ring.TakeCall());
    }

    [Fact]
    public void Kicks_WithEventIndex_AreAskedForOnceTheRingIsEmpty()
    {
        Start();
        Assert.True(_ring.TryArmKick());
        Assert.Equal(0, _driver.AvailableEvent);
        Finish(2);
        Assert.Equal(0, _driver.AvailableEvent); // the guest need not kick meanwhile
        Assert.True(_ring.TryArmKick());
        Assert.Equal(2, _driver.AvailableEvent);
        _driver.Add(false, (Buffers, 1));
        Assert.False(_ring.TryArmKick()); // one came before it was asked for
    }

    [Fact]
    public void Kicks_WithoutEventIndex_AreAskedForByTheFlag()
    {
        Start(hasEvents: false);
        Assert.Equal(1, _driver.UsedFlags);
        Assert.True(_ring.TryArmKick());
        Assert.Equal(0, _driver.UsedFlags);
        _ring.SuppressKicks();
        Assert.Equal(1, _driver.UsedFlags);
    }

    private void Start(ushort next = 0, bool hasEvents = true) =>
        Assert.True(_ring.TryStart(_memory, _driver.Layout, next, hasEvents, hasIndirect: true));

    private void Finish(int chains)
    {
        for (int i = 0; i < chains; i++)
        {
            _driver.Add(false, (Buffers, 1));
            Assert.True(_ring.TryTake(out ushort head));
            _ring.Complete(head, 0);
        }

        _ring.Publish();
    }

    private static int Offset(string field) =>
        (int)System.Runtime.InteropServices.Marshal.OffsetOf<VirtqDesc>(field);
}
