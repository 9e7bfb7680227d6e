using System.Text;
using Slipway.Wire;

namespace Slipway.Services.Tests.Dns;

/// <summary>The threads that ask the host's resolver are shared by the guests.</summary>
public sealed class AddressLookupTests
{
    private const int Greedy = 2;
    private const int Modest = 3;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Find_Localhost_IsTheHostsAnswer()
    {
        using AddressLookup lookup = new(maxThreads: 2, maxQueued: 4);
        LocalName? found = await lookup.FindAsync(
            Wire("localhost"), ipv4: true, Greedy, Deadline, default);
        Assert.Equal(IpAddress.Parse("127.0.0.1"), Assert.Single(found!.Addresses));
    }

    [Fact]
    public async Task Find_WhileAnotherGuestsNamesAnswerNever_IsAnswered()
    {
        using ManualResetEventSlim dead = new();
        int stuck = 0;
        using AddressLookup lookup = new(maxThreads: 4, maxQueued: 64, (name, _) =>
        {
            if (name.StartsWith("dead", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref stuck);
                dead.Wait();
            }

            return LocalName.Nonexistent;
        });
        Task<LocalName?>[] hopeless = [.. Enumerable.Range(0, 32).Select(_ =>
            lookup.FindAsync(Wire("dead"), ipv4: true, Greedy, Deadline, default))];

        LocalName? found = await lookup.FindAsync(
            Wire("good"), ipv4: true, Modest, Deadline, default);

        Assert.Same(LocalName.Nonexistent, found);
        Assert.InRange(Volatile.Read(ref stuck), 0, 2);
        dead.Set();
        await Task.WhenAll(hopeless);
    }

    [Fact]
    public async Task Find_AfterAnothersQueriesHaveWaitedInVain_HasAPlace()
    {
        using ManualResetEventSlim dead = new();
        using AddressLookup lookup = new(maxThreads: 2, maxQueued: 4, (name, _) =>
        {
            if (name == "dead")
            {
                dead.Wait();
            }

            return LocalName.Nonexistent;
        });
        TimeSpan moment = TimeSpan.FromMilliseconds(50);
        for (int i = 0; i < 8; i++)
        {
            Assert.Null(await lookup.FindAsync(Wire("dead"), ipv4: true, Greedy, moment, default));
        }

        Assert.Same(LocalName.Nonexistent, await lookup.FindAsync(
            Wire("good"), ipv4: true, Modest, Deadline, default));
        dead.Set();
    }

    private static byte[] Wire(string label) =>
        [(byte)label.Length, .. Encoding.ASCII.GetBytes(label), 0];
}
