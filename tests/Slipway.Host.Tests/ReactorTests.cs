using System.Diagnostics;
using Slipway.Linux;
using Slipway.Stack;
using Slipway.Testing;

namespace Slipway.Host.Tests;

/// <summary>Readiness reaches the owner of a descriptor, and nobody else.</summary>
public sealed class ReactorTests : IDisposable
{
    private readonly Reactor _reactor = new();
    private readonly List<int> _descriptors = [];

    [Fact]
    public void Event_OfADescriptorClosedInTheSameBatch_IsNotToldToItsNewOwner()
    {
        (int first, int firstFar) = Pair();
        (int second, int secondFar) = Pair();
        Owner newOwner = new();
        int reborn = -1;
        int closed = 0;

        // Whoever is told first closes the other, whose event is already fetched, and a new socket
        // takes its number.
        Owner MakeOwner(int other) => new(_ =>
        {
            if (closed++ == 0)
            {
                _reactor.Unwatch(other);
                Files.Close(other);
                (int a, int b) = Pair();
                Assert.True(a == other || b == other, "the number is used again");
                reborn = other;
                _reactor.Watch(other, Readiness.Readable, newOwner);
            }
        });
        _reactor.Watch(first, Readiness.Readable, MakeOwner(second));
        _reactor.Watch(second, Readiness.Readable, MakeOwner(first));
        Files.Write(firstFar, "x"u8);
        Files.Write(secondFar, "x"u8);

        _reactor.Wait(1_000_000_000);
        _reactor.Dispatch(Reactor.Now());

        Assert.Equal(1, closed);
        Assert.True(reborn >= 0);
        Assert.Equal(0, newOwner.Calls);
    }

    [Fact]
    public void Watch_ThatTheKernelRefuses_IsSaidAndLeavesThePlaceToOthers()
    {
        // epoll takes no ordinary file (epoll_ctl(2), EPERM).
        int file = Files.Open("/etc/passwd", Files.ReadOnly | Files.CloseOnExec);
        Assert.Equal(HostError.NoResources, _reactor.TryWatchEdges(file, new Owner()));
        Files.Close(file);
        (int near, int far) = Pair();
        Owner owner = new();
        Assert.Equal(HostError.None, _reactor.TryWatchEdges(near, owner));
        Files.Write(far, "x"u8);
        Turn();
        Assert.True(owner.Calls > 0);
    }

    [Fact]
    public void Watch_LevelTriggered_TellsUntilItIsRead()
    {
        (int near, int far) = Pair();
        Owner owner = new();
        _reactor.Watch(near, Readiness.Readable, owner);
        Files.Write(far, "x"u8);

        Turn();
        Turn();
        Assert.Equal(2, owner.Calls);

        Files.Read(near, new byte[8]);
        Turn();
        Assert.Equal(2, owner.Calls);
    }

    [Fact]
    public void Watch_AgainWithAnotherInterest_ChangesIt()
    {
        (int near, _) = Pair();
        Owner owner = new();
        _reactor.Watch(near, Readiness.Readable, owner);
        Turn();
        Assert.Equal(0, owner.Calls);

        _reactor.Watch(near, Readiness.Readable | Readiness.Writable, owner);
        Turn();
        Assert.Equal(Readiness.Writable, owner.Seen);
    }

    [Fact]
    public void Unwatch_OfADescriptorThatIsReady_TellsNothingMore()
    {
        (int near, int far) = Pair();
        Owner owner = new();
        _reactor.Watch(near, Readiness.Readable, owner);
        Files.Write(far, "x"u8);
        _reactor.Wait(1_000_000_000);
        _reactor.Unwatch(near);

        _reactor.Dispatch(Reactor.Now());
        Turn();

        Assert.Equal(0, owner.Calls);
    }

    [Fact]
    public void Watch_WhenTheOtherEndCloses_TellsTheError()
    {
        (int near, int far) = Pair();
        Owner owner = new();
        _reactor.Watch(near, Readiness.None, owner);

        _descriptors.Remove(far);
        Files.Close(far);
        Turn();

        Assert.Equal(Readiness.Error, owner.Seen & Readiness.Error);
    }

    [Fact]
    public void Wake_FromAnotherThread_EndsAWaitForEver()
    {
        Thread thread = new(() =>
        {
            Thread.Sleep(20);
            _reactor.Wake();
        });
        thread.Start();

        _reactor.Wait(-1);
        _reactor.Dispatch(Reactor.Now());
        thread.Join();

        // And it is over: the next wait lasts.
        Stopwatch waited = Stopwatch.StartNew();
        _reactor.Wait(20_000_000);
        Assert.True(waited.Elapsed >= TimeSpan.FromMilliseconds(19), $"{waited.Elapsed}");
    }

    [Fact]
    public void Wait_OfLessThanAMillisecond_IsNotRoundedUp()
    {
        _reactor.Wait(1);
        long shortest = long.MaxValue;
        for (int i = 0; i < 20; i++)
        {
            Instant before = Reactor.Now();
            _reactor.Wait(100_000);
            shortest = Math.Min(shortest, (Reactor.Now() - before).Nanoseconds);
        }

        Assert.InRange(shortest, 100_000, 900_000);
    }

    [Fact]
    public void Turn_WithAReadyDescriptor_AllocatesNothing()
    {
        (int near, int far) = Pair();
        Owner owner = new();
        _reactor.Watch(near, Readiness.Readable, owner);
        Files.Write(far, "x"u8);
        SteadyState.AllocatesNothing(250, Turn);
        Assert.Equal(250 * SteadyState.Windows, owner.Calls);
    }

    public void Dispose()
    {
        foreach (int descriptor in _descriptors)
        {
            _reactor.Unwatch(descriptor);
            Files.Close(descriptor);
        }

        _reactor.Dispose();
    }

    private void Turn()
    {
        _reactor.Wait(0);
        _reactor.Dispatch(Reactor.Now());
    }

    private (int Near, int Far) Pair()
    {
        Assert.Equal(0, Sockets.CreatePair(Sockets.FamilyUnix, Sockets.Stream, out int a,
            out int b));
        foreach (int descriptor in (int[])[a, b])
        {
            if (!_descriptors.Contains(descriptor))
            {
                _descriptors.Add(descriptor);
            }
        }

        return (a, b);
    }
}
