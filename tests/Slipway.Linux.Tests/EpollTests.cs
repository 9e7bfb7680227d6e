namespace Slipway.Linux.Tests;

/// <summary>Events with their tokens, and waits that last as long as asked.</summary>
public sealed class EpollTests
{
    [Fact]
    public void Wait_WithSeveralReady_TellsEachTokenAndItsEvents()
    {
        int epoll = Epoll.Create();
        int[] counters = [Epoll.CreateEvent(), Epoll.CreateEvent(), Epoll.CreateEvent()];
        for (int i = 0; i < counters.Length; i++)
        {
            // Tokens whose halves differ show where the kernel puts them.
            Assert.Equal(0, Epoll.Control(epoll, Epoll.Add, counters[i], Epoll.In, Token(i)));
        }

        ReadOnlySpan<byte> one = [1, 0, 0, 0, 0, 0, 0, 0];
        Assert.Equal(8, Files.Write(counters[0], one));
        Assert.Equal(8, Files.Write(counters[2], one));
        EpollEvents events = new(8);

        Assert.Equal(2, Epoll.Wait(epoll, events, 1_000_000_000));
        Assert.Equal([Token(0), Token(2)], new[] { events.Token(0), events.Token(1) }.Order());
        Assert.Equal((Epoll.In, Epoll.In), (events.Events(0), events.Events(1)));

        Assert.Equal(0, Epoll.Control(epoll, Epoll.Remove, counters[0], 0, 0));
        Assert.Equal(1, Epoll.Wait(epoll, events, -1));
        Assert.Equal(Token(2), events.Token(0));
        Array.ForEach([epoll, .. counters], Files.Close);
    }

    [Fact]
    public void Control_OfADescriptorThatIsNone_SaysSoInTheResult()
    {
        int epoll = Epoll.Create();
        const int badDescriptor = 9;
        Assert.Equal(-badDescriptor, Epoll.Control(epoll, Epoll.Add, 1 << 20, Epoll.In, 0));
        Files.Close(epoll);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(50_000)]
    [InlineData(3_000_000)]
    public void Wait_WithNothingReady_LastsAtLeastSoLong(long timeoutNanoseconds)
    {
        int epoll = Epoll.Create();
        long before = TimeSpecification.MonotonicNanoseconds();
        Assert.Equal(0, Epoll.Wait(epoll, new EpollEvents(1), timeoutNanoseconds));
        Assert.True(TimeSpecification.MonotonicNanoseconds() - before >= timeoutNanoseconds);
        Files.Close(epoll);
    }

    [Theory]
    [InlineData(-1, -1)]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(1_000_000, 1)]
    [InlineData(1_000_001, 2)]
    [InlineData(long.MaxValue, int.MaxValue)]
    public void ToMilliseconds_OfAnyTimeout_IsNeverShorter(long nanoseconds, int milliseconds) =>
        Assert.Equal(milliseconds, Epoll.ToMilliseconds(nanoseconds));

    private static ulong Token(int number) => ((ulong)(0xa0 + number) << 32) | (uint)number;
}
