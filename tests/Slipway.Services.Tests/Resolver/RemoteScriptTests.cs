using System.Net;
using Slipway.Services.Tests.Proxy;

namespace Slipway.Services.Tests.Resolver;

/// <summary>PAC files that a process beside the engine runs.</summary>
public sealed class RemoteScriptTests : IDisposable
{
    private readonly Lines _log = new();
    private readonly ServedHere _here = new();
    private readonly PuppetProcesses _puppets = new();
    private readonly ResolverProcess _process;
    private readonly ResolverProcess _puppetProcess;

    public RemoteScriptTests()
    {
        _process = new(ResolverRole.Scripts, _here, _log.Add);
        _puppetProcess = new(ResolverRole.Scripts, _puppets, _log.Add);
    }

    public void Dispose()
    {
        _process.Dispose();
        _puppetProcess.Dispose();
        _here.Dispose();
        _puppets.Dispose();
    }

    [Fact]
    public async Task Script_WithNames_SaysWhatItWouldSayHere()
    {
        IPacScript script = await Read(
            "function FindProxyForURL(url, host) { return url + dnsResolve(host) + "
                + "dnsResolve('none.test') + isInNet('www.corp.test', '10.0.0.0', '255.0.0.0'); }");
        Assert.Equal(
            "http://www.corp.test/10.1.2.3nulltrue",
            await script.EvaluateAsync("http://www.corp.test/", "www.corp.test", Resolve));
    }

    [Fact]
    public async Task Script_LongerThanAMessage_IsThereWhole()
    {
        string filler = new('x', 500_000);
        IPacScript script = await Read(
            $"var x = '{filler}'; function FindProxyForURL() {{ return 'n' + x.length; }}");
        Assert.Equal("n500000", await script.EvaluateAsync("http://a.test/", "a.test", Resolve));
    }

    [Theory]
    [InlineData("while (true) { }", "takes longer than 1 s")]
    [InlineData("var a = []; while (true) { a.push('0123456789'.repeat(1000)); }", "")]
    [InlineData("return 'PROXY '.repeat(9000);", "more than 8 KiB")]
    [InlineData("throw 'no\\nline';", "")]
    public async Task Script_OverALimit_FailsAloneAndWithAReason(string body, string expected)
    {
        IPacScript bad = await Read($"function FindProxyForURL() {{ {body} }}");
        IPacScript good = await Read("function FindProxyForURL() { return 'DIRECT'; }");
        Task<string> failing = bad.EvaluateAsync("http://a.test/", "a.test", Resolve);
        Assert.Equal("DIRECT", await good.EvaluateAsync("http://a.test/", "a.test", Resolve));
        PacException error = await Assert.ThrowsAsync<PacException>(() => failing);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.False(error.IsPassing);
    }

    [Fact]
    public async Task Script_NoProgram_IsRefusedWhenItIsRead() => Assert.Contains(
        "is not JavaScript",
        (await Assert.ThrowsAsync<PacException>(() => Read("function ("))).Message,
        StringComparison.Ordinal);

    [Fact]
    public async Task Scripts_MoreThanAreKept_AreSentAgain()
    {
        List<IPacScript> scripts = [];
        for (int i = 0; i < 6; i++)
        {
            scripts.Add(await Read($"function FindProxyForURL() {{ return 'n{i}'; }}"));
        }

        for (int i = 0; i < 6; i++)
        {
            Assert.Equal(
                $"n{i}", await scripts[i].EvaluateAsync("http://a.test/", "a.test", Resolve));
        }
    }

    [Fact]
    public async Task Process_KilledWhileAScriptRuns_FailsThatAndTheNextWorks()
    {
        using SemaphoreSlim isAsked = new(0);
        IPacScript script = await Read(
            "function FindProxyForURL(url, host) { return '' + dnsResolve(host); }");
        Task<string> failing = script.EvaluateAsync("http://a.test/", "a.test", async _ =>
        {
            isAsked.Release();
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
            return [];
        });
        await isAsked.WaitAsync();
        _here.Kill();
        Assert.True((await Assert.ThrowsAsync<PacException>(() => failing)).IsPassing);
        Assert.Equal("10.1.2.3", await script.EvaluateAsync(
            "http://www.corp.test/", "www.corp.test", Resolve));
        Assert.Equal(2, _process.Starts);
    }

    [Fact]
    public async Task Script_ThatEndsItsProcessEachTime_Rests()
    {
        RemotePacScript script = new(_puppetProcess, "any");
        for (int i = 0; i < 3; i++)
        {
            Task<string> failing = script.EvaluateAsync("http://a.test/", "a.test", Resolve);
            using Puppet puppet = _puppets.Next();
            puppet.Read();
            puppet.Dispose();
            Assert.True((await Assert.ThrowsAsync<PacException>(() => failing)).IsPassing);
        }

        Assert.Contains("rests", (await Assert.ThrowsAsync<PacException>(
            () => script.EvaluateAsync("http://a.test/", "a.test", Resolve))).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a b", 1)]
    [InlineData("a.test\nb", 1)]
    [InlineData("a.test", 2)] // two at a time
    public async Task Process_AskingForNamesAsNoScriptCan_IsLeft(string name, int times)
    {
        RemotePacScript script = new(_puppetProcess, "any");
        Task<string> failing = script.EvaluateAsync("http://a.test/", "a.test", async _ =>
        {
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
            return [];
        });
        using Puppet puppet = _puppets.Next();
        puppet.Say(ResolverMessage.Write(
            ResolverMessageKind.ScriptRead, 0, puppet.Read().Id, ""));
        (ResolverMessageKind kind, uint id) = puppet.Read();
        Assert.Equal(ResolverMessageKind.Evaluate, kind);
        for (int i = 0; i < times; i++)
        {
            puppet.Say(ResolverMessage.Write(ResolverMessageKind.Resolve, 0, id, name));
        }

        puppet.AwaitEnd();
        Assert.True((await Assert.ThrowsAsync<PacException>(() => failing)).IsPassing);
    }

    private Task<IPacScript> Read(string text) => new RemotePacScripts(_process).ReadAsync(text);

    private static Task<IPAddress[]> Resolve(string name) => Task.FromResult<IPAddress[]>(
        [.. PacHarness.Names.GetValueOrDefault(name, []).Select(IPAddress.Parse)]);
}
