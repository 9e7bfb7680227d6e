using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Services.Tests.Dns;

/// <summary>What becomes of queries when the host's servers or network change.</summary>
public sealed class FollowTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task ResolvConf_Changed_QueriesThatWaitAreAskedOfTheNewServers()
    {
        // Whoever waits is asked anew, of a domain's servers too: its first answer may have been
        // lost with the network that has gone.
        using TestNameServer silent = new((_, _) => null);
        using DnsExchange exchange = new(with: settings => settings with
        {
            FileCheckInterval = TimeSpan.FromMilliseconds(100),
            Domains = [new DnsDomain("wait.test", [silent.EndPoint])],
            QueryDeadline = TimeSpan.FromSeconds(4),
        });
        exchange.Write("nsswitch.conf", "hosts: files dns\n");
        exchange.Write("resolv.conf", "nameserver 127.0.0.1\n");
        Task<Response> waiting = exchange.AskAsync(new Query("a.wait.test"));
        await UntilAsync(() => silent.Queries.Count > 0);
        exchange.Write("resolv.conf", "nameserver 127.0.0.2\nnameserver 127.0.0.3\n");
        await UntilAsync(() => exchange.Server.Counters.Retried > 0);
        await UntilAsync(() => silent.Queries.Count > 1);
        Assert.Equal(DnsResponseCode.ServerFailure, (await waiting).Code);
    }

    [Fact]
    public async Task NetworkNews_OfNothingNew_ReviveDeadServers()
    {
        bool isAway = true;
        using TestNameServer first = new(
            (query, _) => isAway ? null : TestNameServer.Addresses(query, "192.0.2.1"));
        using TestNameServer second =
            new((query, _) => TestNameServer.Addresses(query, "192.0.2.2"));
        using DnsExchange exchange = new(
            [first.EndPoint, second.EndPoint], with: settings =>
                settings with { DeadServerTime = TimeSpan.FromHours(1) });
        Assert.Equal(
            ["A 300 192.0.2.2"], (await exchange.AskAsync(new Query("a.example"))).Answers);
        isAway = false;
        Assert.Equal(
            ["A 300 192.0.2.2"], (await exchange.AskAsync(new Query("b.example"))).Answers);
        exchange.Server.OnNetworkChanged();
        int asked = 0;
        await UntilAsync(async () =>
            (await exchange.AskAsync(new Query($"n{asked++}.example"))).Answers[0]
                == "A 300 192.0.2.1");
    }

    [Fact]
    public async Task KeptAnswer_WhileNothingChanges_IsWrittenOnTheWorkerWithoutAllocation()
    {
        using TestNameServer server =
            new((query, _) => TestNameServer.Addresses(query, "192.0.2.1"));
        using DnsExchange exchange = new([server.EndPoint], with: settings =>
            settings with { FileCheckInterval = TimeSpan.FromMinutes(1) });
        byte[] query = new Query("WWW.example") { Id = 9, EdnsSize = 1232 };
        byte[] room = new byte[512];
        Assert.False(exchange.IsLocal(query));
        await exchange.AskAsync(query);
        Response kept = exchange.Local(new Query("www.Example") { Id = 10, EdnsSize = 1232 });
        Assert.Equal(10, kept.Id);
        Assert.Equal("www.Example", kept.Question);
        Assert.Equal(["A 300 192.0.2.1"], kept.Answers);
        SteadyState.AllocatesNothing(
            100, () => exchange.Server.TryAnswer(query, overTcp: false, room, out _));
        Assert.Single(server.Queries);
    }

    [Fact]
    public async Task KeptAnswer_LongerThanTheGuestTakes_IsTruncatedOnTheWorker()
    {
        string[] many = [.. Enumerable.Range(1, 60).Select(i => $"10.0.0.{i}")];
        using TestNameServer server = new((query, _) => TestNameServer.Addresses(query, many));
        using DnsExchange exchange = new([server.EndPoint], with: settings =>
            settings with { FileCheckInterval = TimeSpan.FromMinutes(1) });
        await exchange.AskAsync(new Query("many.example"), overTcp: true);
        Response cut = exchange.Local(new Query("many.example"));
        Assert.True(cut.IsTruncated);
        Assert.Empty(cut.Answers);
        Assert.Equal(60, exchange.Local(new Query("many.example"), overTcp: true).Answers.Count);
    }

    [Fact]
    public async Task HostsFile_Read_IsAnsweredOnTheWorker()
    {
        using DnsExchange exchange = new(with: settings =>
            settings with { FileCheckInterval = TimeSpan.FromMinutes(1) });
        exchange.Write("hosts", "192.0.2.7 seven.test\n");
        await exchange.AskAsync(new Query("seven.test"));
        Assert.Equal(["A 10 192.0.2.7"], exchange.Local(new Query("Seven.test")).Answers);
    }

    [Fact]
    public async Task ServerThatFoldsCase_IsAskedInTheGuestsCaseAfterItsProofOverTcp()
    {
        static byte[] Fold(byte[] query) =>
            [.. query[..12], .. query[12..].Select(
                octet => octet is >= 65 and <= 90 ? (byte)(octet + 32) : octet)];
        int overTcp = 0;
        using TestNameServer server = new((query, tcp) =>
        {
            overTcp += tcp ? 1 : 0;
            return TestNameServer.Addresses(Fold(query), "192.0.2.1");
        });
        using DnsExchange exchange = new([server.EndPoint]);
        for (int i = 0; i < 20; i++)
        {
            Response response = await exchange.AskAsync(new Query($"N{i}.aaaaaaaaaaaaaaaa.test"));
            Assert.Equal($"N{i}.aaaaaaaaaaaaaaaa.test", response.Question);
            Assert.Equal(["A 300 192.0.2.1"], response.Answers);
        }

        Assert.Equal(1, overTcp);
    }

    [Fact]
    public async Task AnswerInAnotherCase_OfAForger_IsNotTaken()
    {
        TestNameServer? server = null;
        server = new TestNameServer((query, tcp) =>
        {
            if (!tcp)
            {
                byte[] forged = TestNameServer.Addresses(query, "6.6.6.6");
                for (int i = 13; i < 13 + 20; i++)
                {
                    forged[i] ^= 0x20; // the case of every letter
                }

                server!.Send(forged, server.Sources[^1]);
            }

            return TestNameServer.Addresses(query, "192.0.2.1");
        });
        using (server)
        {
            using DnsExchange exchange = new([server.EndPoint]);
            Response response = await exchange.AskAsync(new Query("aaaaaaaaaaaaaaaaaaaa.test"));
            Assert.Equal(["A 300 192.0.2.1"], response.Answers);
        }
    }

    [Fact]
    public void ResponseBudget_OverItsBytes_IsSpentForThatLinkUntilTimePasses()
    {
        ResponseBudget budget = new(1_000);
        Instant now = new(5_000_000_000);
        Assert.True(budget.TrySpend(1, 600, now));
        Assert.True(budget.TrySpend(1, 400, now));
        Assert.False(budget.TrySpend(1, 1, now));
        Assert.True(budget.TrySpend(2, 1_000, now));
        now += Duration.FromMilliseconds(500);
        Assert.True(budget.TrySpend(1, 500, now));
        Assert.False(budget.TrySpend(1, 10, now));
    }

    private static Task UntilAsync(Func<bool> condition) =>
        UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using CancellationTokenSource patience = new(s_patience);
        while (!await condition())
        {
            await Task.Delay(20, patience.Token);
        }
    }
}
