using System.Text;
using Slipway.Services.Tests.Proxy;
using Slipway.Wire;

namespace Slipway.Services.Tests.Resolver;

/// <summary>Names that a process beside the engine looks up, and processes that do not.</summary>
public sealed class ProcessTests : IDisposable
{
    private const int Guest = 2;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly Lines _log = new();
    private readonly PuppetProcesses _puppets = new();
    private readonly ResolverProcess _process;

    public ProcessTests() => _process = new(ResolverRole.Names, _puppets, _log.Add);

    public void Dispose()
    {
        _process.Dispose();
        _puppets.Dispose();
    }

    [Fact]
    public async Task Find_ByTheRealService_IsTheHostsAnswer()
    {
        using ServedHere here = new();
        using ResolverProcess process = new(ResolverRole.Names, here, _log.Add);
        using RemoteAddressLookup lookup = new(process);
        LocalName? found = await lookup.FindAsync(
            Wire("localhost"), ipv4: true, Guest, Deadline, default);
        Assert.Equal(IpAddress.IPv4Loopback, Assert.Single(found!.Addresses));

        here.Kill();
        Eventually.IsTrue(
            () => FindLocalhost(lookup).GetAwaiter().GetResult() is not null,
            () => "no other one was started");
        Assert.Equal(2, process.Starts);
        Assert.Equal(
            "the process that asks the host's resolver has ended (status 137) and is started again",
            _log.All);
    }

    public static TheoryData<string, byte[]> Malformed => new()
    {
        { "too short", [1, 2, 3] },
        { "too long", new byte[ResolverMessage.MaxLengthBytes + 2] },
        { "an id that nobody has", Found(99, ResolverCode.Done, "192.0.2.1") },
        { "another question's answer",
            ResolverMessage.Write(ResolverMessageKind.Evaluated, 0, 1, "DIRECT") },
        { "a script's question", ResolverMessage.Write(ResolverMessageKind.Resolve, 0, 1, "a") },
        { "an engine's question", new FindRequest(Wire("a"), true, Guest, 1).Write(1) },
        { "an address of the other family", Found(1, ResolverCode.Done, "2001:db8::1") },
        { "addresses of no name", Found(1, ResolverCode.NoName, "192.0.2.1") },
        { "a code that is none", Found(1, (ResolverCode)77) },
        { "a script's code", Found(1, ResolverCode.NoScript) },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task Answer_Malformed_EndsTheProcessAndFailsWhatWaits(string what, byte[] packet)
    {
        using RemoteAddressLookup lookup = new(_process);
        Task<LocalName?> asked = FindLocalhost(lookup);
        using Puppet puppet = _puppets.Next();
        Assert.Equal((ResolverMessageKind.Find, 1u), puppet.Read());
        puppet.Say(packet);
        Assert.True(await asked is null, what);
        puppet.AwaitEnd();

        Task<LocalName?> next = FindLocalhost(lookup);
        using Puppet other = _puppets.Next();
        other.Say(Found(other.Read().Id, ResolverCode.Done, "192.0.2.7"));
        Assert.Equal(IpAddress.Parse("192.0.2.7"), Assert.Single((await next)!.Addresses));
        Assert.Contains("makes no sense (status 134)", _log.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_InAnyOrder_AreEachQuestionsOwn()
    {
        using RemoteAddressLookup lookup = new(_process);
        Task<LocalName?> one = FindLocalhost(lookup);
        using Puppet puppet = _puppets.Next();
        uint first = puppet.Read().Id;
        Task<LocalName?> two = FindLocalhost(lookup);
        uint second = puppet.Read().Id;
        puppet.Say(Found(second, ResolverCode.NoName));
        puppet.Say(Found(first, ResolverCode.NoAnswer));
        Assert.Same(LocalName.Nonexistent, await two);
        Assert.Null(await one);
    }

    [Fact]
    public async Task Process_ThatDies_FailsWhatWaitsAtOnceAndIsReplaced()
    {
        using RemoteAddressLookup lookup = new(_process);
        for (int life = 0; life < 3; life++)
        {
            Task<LocalName?>[] asked =
                [.. Enumerable.Range(0, 50).Select(_ => FindLocalhost(lookup))];
            using (Puppet puppet = _puppets.Next())
            {
                Assert.All(asked, _ => puppet.Read());
            }

            Assert.All(await Task.WhenAll(asked), Assert.Null);
        }

        Task<LocalName?> next = FindLocalhost(lookup);
        using Puppet other = _puppets.Next();
        other.Say(Found(other.Read().Id, ResolverCode.NoName));
        Assert.Same(LocalName.Nonexistent, await next);
        Assert.Equal(1, _log.Count); // however often
    }

    [Fact]
    public async Task Process_ThatAnswersNothing_IsLeft()
    {
        string? ended = null;
        int near = _puppets.Start(ResolverRole.Names, out _);
        using Puppet puppet = _puppets.Next();
        using ResolverConnection connection = new(near, 2, reason => ended = reason);
        PendingFind question = new(ipv4: true);
        Assert.True(connection.TryAdd(question, TimeSpan.Zero, out _));
        Assert.Null(await question.Answer);
        Assert.Equal("has not answered in time", ended);
    }

    [Fact]
    public void Questions_MoreThanMayWait_AreRefused()
    {
        int near = _puppets.Start(ResolverRole.Names, out _);
        using Puppet puppet = _puppets.Next();
        using ResolverConnection connection = new(near, 2, _ => { });
        Assert.True(connection.TryAdd(new PendingFind(true), Deadline, out _));
        Assert.True(connection.TryAdd(new PendingFind(true), Deadline, out _));
        Assert.False(connection.TryAdd(new PendingFind(true), Deadline, out _));
    }

    [Fact]
    public async Task Process_ThatCannotBeStarted_IsSaidOnceAndTriedAgain()
    {
        using RemoteAddressLookup lookup = new(_process);
        _puppets.Errno = 12;
        Assert.Null(await FindLocalhost(lookup));
        Assert.Null(await FindLocalhost(lookup));
        Assert.Equal(
            "the process that asks the host's resolver cannot be started (errno 12)", _log.All);
        _puppets.Errno = 0;
        Task<LocalName?> next = FindLocalhost(lookup);
        using Puppet puppet = _puppets.Next();
        puppet.Say(Found(puppet.Read().Id, ResolverCode.NoName));
        Assert.Same(LocalName.Nonexistent, await next);
    }

    private static Task<LocalName?> FindLocalhost(RemoteAddressLookup lookup) =>
        lookup.FindAsync(Wire("localhost"), ipv4: true, Guest, Deadline, default);

    private static byte[] Found(uint id, ResolverCode code, params string[] addresses) =>
        ResolverMessage.Write(
            ResolverMessageKind.Found, (byte)code, id,
            [.. addresses.Select(address => IpAddress.Parse(address))]);

    private static byte[] Wire(string label) =>
        [(byte)label.Length, .. Encoding.ASCII.GetBytes(label), 0];
}
