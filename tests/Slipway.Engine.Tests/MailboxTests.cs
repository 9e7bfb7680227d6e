using Slipway.Host;
using Slipway.Stack;

namespace Slipway.Engine.Tests;

/// <summary>A posted command is run, whenever it comes, and who waits is woken for it.</summary>
public sealed class MailboxTests : IDisposable
{
    private const long SecondNanoseconds = 1_000_000_000;
    private readonly Reactor _reactor = new();
    private readonly Mailbox _mailbox;

    public MailboxTests() => _mailbox = new Mailbox(_reactor);

    public void Dispose() => _reactor.Dispose();

    [Fact]
    public void Post_BetweenTheMailboxAndTheSocketsOfATurn_EndsTheNextWait()
    {
        int runs = 0;
        _mailbox.Post(new Counted(() => runs++));
        _reactor.Wait(SecondNanoseconds);
        _mailbox.Run(Reactor.Now());
        _mailbox.Post(new Counted(() => runs++));
        _reactor.Dispatch(Reactor.Now());

        long before = Environment.TickCount64;
        _reactor.Wait(5 * SecondNanoseconds);
        Assert.InRange(Environment.TickCount64 - before, 0, 2_000);
        _mailbox.Run(Reactor.Now());
        Assert.Equal(2, runs);
    }

    [Fact]
    public void Discard_OfWhatWasPostedAndOfWhatComesLater_DisposesIt()
    {
        using MemoryStream before = new();
        using MemoryStream after = new();
        _mailbox.Post(new Carrying(before));
        _mailbox.Discard();
        _mailbox.Post(new Carrying(after));
        Assert.False(before.CanRead);
        Assert.False(after.CanRead);
    }

    [Fact]
    public void Post_FromAnotherThreadAtAnyMoment_IsNeverLeftLying()
    {
        const int rounds = 100_000;
        int runs = 0;
        bool stuck = false;
        Counted count = new(() => Volatile.Write(ref runs, runs + 1));
        Thread poster = new(() =>
        {
            for (int round = 1; round <= rounds && !Volatile.Read(ref stuck); round++)
            {
                _mailbox.Post(count);
                SpinWait.SpinUntil(() => Volatile.Read(ref runs) == round, 10_000);
            }
        });
        poster.Start();
        while (runs < rounds && !stuck)
        {
            long before = Environment.TickCount64;
            int ran = runs;
            _reactor.Wait(3 * SecondNanoseconds);
            Instant now = Reactor.Now();
            _mailbox.Run(now);
            stuck = Environment.TickCount64 - before > 2_000 && runs > ran;
            _reactor.Dispatch(now);
        }

        poster.Join();
        Assert.False(stuck, $"command {runs} lay until the wait was over");
    }

    private sealed class Counted(Action count) : Command
    {
        public override void Run(Instant now) => count();
    }

    private sealed class Carrying(IDisposable carried) : Command, IDisposable
    {
        public void Dispose() => carried.Dispose();

        public override void Run(Instant now) => Assert.Fail("nobody runs it");
    }
}
