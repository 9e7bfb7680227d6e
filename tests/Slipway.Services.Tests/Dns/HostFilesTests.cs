using System.Net;
using Slipway.Wire;

namespace Slipway.Services.Tests.Dns;

public sealed class HostFilesTests
{
    [Fact]
    public void ResolverConfiguration_Options_AreRead()
    {
        ResolverConfiguration configuration = ResolverConfiguration.Parse("""
            # made by hand
            ; old comment
            search example.com
            nameserver 192.0.2.1
            nameserver	2001:db8::53
            nameserver nonsense
            nameserver 192.0.2.3
            nameserver 192.0.2.4
            options timeout:1 attempts:3 rotate edns0 ndots:2
            """);
        Assert.Equal(
            ["192.0.2.1:53", "[2001:db8::53]:53", "192.0.2.3:53"],
            configuration.NameServers.Select(server => server.ToString()));
        Assert.Equal(TimeSpan.FromSeconds(1), configuration.Timeout);
        Assert.Equal(3, configuration.Attempts);
        Assert.True(configuration.Rotate);
    }

    [Theory]
    [InlineData("search a.test B.test.\n", "a.test b.test")]
    [InlineData("domain old.test\nsearch a.test\n", "a.test")]
    [InlineData("search a.test\ndomain last.test\n", "last.test")]
    [InlineData("search . a..b ok.test\n", "ok.test")]
    [InlineData("search 1 2 3 4 5 6 7\n", "1 2 3 4 5 6")]
    [InlineData("nameserver 192.0.2.1\n", "")]
    public void SearchList_OfResolvConf_IsTheLastLinesWithinBounds(string text, string expected)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, text);
            Assert.Equal(expected, string.Join(' ', HostSearchList.Read(path)));
        }
        finally
        {
            File.Delete(path);
        }

        Assert.Empty(HostSearchList.Read(path));
    }

    [Fact]
    public void ResolverConfiguration_Empty_IsTheLoopback()
    {
        ResolverConfiguration configuration = ResolverConfiguration.Parse("");
        Assert.Equal([new IPEndPoint(IPAddress.Loopback, 53)], configuration.NameServers);
        Assert.Equal(TimeSpan.FromSeconds(5), configuration.Timeout);
        Assert.Equal(2, configuration.Attempts);
        Assert.False(configuration.Rotate);
    }

    [Theory]
    [InlineData("hosts: files dns", true)]
    [InlineData("passwd: files\n  hosts:\tfiles   dns # comment", true)]
    [InlineData("", true)]
    [InlineData("hosts: dns files", false)]
    [InlineData("hosts: files mdns4_minimal [NOTFOUND=return] dns", false)]
    [InlineData("hosts: files myhostname resolve [!UNAVAIL=return] dns", false)]
    [InlineData("hosts: files", false)]
    [InlineData("#hosts: files dns\nhosts: resolve", false)]
    public void NameServiceSwitch_HostsLine_DecidesWhoIsAsked(string text, bool direct) =>
        Assert.Equal(direct, NameServiceSwitch.Parse(text).IsFilesThenDns);

    [Fact]
    public async Task Hosts_Entries_GoBeforeTheNameServers()
    {
        using TestNameServer server =
            new((query, _) => TestNameServer.Addresses(query, "192.0.2.1"));
        using DnsExchange exchange = new([server.EndPoint]);
        exchange.Write("hosts", """
            # comment
            192.0.2.7	db.corp  db # the database
            192.0.2.8 db.corp
            2001:db8::7 db.corp
            127.0.0.1 localhost app.test
            127.0.1.1 workstation
            0.0.0.0 ads.example
            nonsense more
            192.0.2.9
            fe80::1%lo scoped
            """);
        Assert.Equal(
            ["A 10 192.0.2.7", "A 10 192.0.2.8"],
            (await exchange.AskAsync(new Query("DB.corp"))).Answers);
        Assert.Equal(["A 10 192.0.2.7"], (await exchange.AskAsync(new Query("db"))).Answers);
        Assert.Equal(
            ["Aaaa 10 2001:db8::7"],
            (await exchange.AskAsync(new Query("db.corp", DnsType.Aaaa))).Answers);
        Response none = await exchange.AskAsync(new Query("db", DnsType.Aaaa));
        Assert.Equal(DnsResponseCode.NoError, none.Code);
        Assert.Empty(none.Answers);
        Assert.Equal(
            ["Ptr 10 db.corp"],
            (await exchange.AskAsync(new Query("7.2.0.192.in-addr.arpa", DnsType.Ptr))).Answers);

        // The host's loopback is the alias to the guest; its own localhost is its own.
        Assert.Equal(
            ["A 10 192.168.127.254"], (await exchange.AskAsync(new Query("app.test"))).Answers);
        Assert.Equal(
            ["A 10 192.168.127.254"], (await exchange.AskAsync(new Query("workstation"))).Answers);
        Assert.Equal(["A 60 127.0.0.1"], exchange.Local(new Query("localhost")).Answers);
        Assert.Empty((await exchange.AskAsync(new Query("ads.example"))).Answers);
        Assert.Empty(server.Queries);
        Assert.Single((await exchange.AskAsync(new Query("db.corp", DnsType.Mx))).Answers);
        Assert.Single(server.Queries);
    }

    [Fact]
    public async Task Hosts_LoopbackEntryWithoutAlias_IsNotSeen()
    {
        using TestNameServer server =
            new((query, _) => TestNameServer.Addresses(query, "192.0.2.1"));
        using DnsExchange exchange = new(
            [server.EndPoint], with: settings => settings with { HostAlias = null });
        exchange.Write("hosts", "127.0.0.1 app.test\n");
        Assert.Equal(["A 300 192.0.2.1"], (await exchange.AskAsync(new Query("app.test"))).Answers);
    }

    [Fact]
    public async Task Files_Changed_AreReadAgain()
    {
        using TestNameServer server =
            new((query, _) => TestNameServer.Addresses(query, "192.0.2.1"));
        using DnsExchange exchange = new([server.EndPoint]);
        Assert.Equal(["A 300 192.0.2.1"], (await exchange.AskAsync(new Query("new.test"))).Answers);
        exchange.Write("hosts", "192.0.2.55 new.test\n");
        Assert.Equal(["A 10 192.0.2.55"], (await exchange.AskAsync(new Query("new.test"))).Answers);
        await Task.Delay(20);
        exchange.Write("hosts", "192.0.2.56 new.test\n");
        Assert.Equal(["A 10 192.0.2.56"], (await exchange.AskAsync(new Query("new.test"))).Answers);
    }

    [Fact]
    public void WatchedFile_WithinItsInterval_IsNotLookedAt()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "one");
            WatchedFile<string> file = new(path, TimeSpan.FromHours(1), text => text);
            WatchedFile<string> eager = new(path, TimeSpan.Zero, text => text);
            Assert.Equal("one", file.Current);
            Assert.Same(eager.Current, eager.Current);
            File.WriteAllText(path, "three");
            Assert.Equal("one", file.Current);
            Assert.Equal("three", eager.Current);
            File.Delete(path);
            Assert.Equal("", eager.Current);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void WatchedFile_EmptiedAndWrittenAgain_IsNeverSeenEmpty()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "old");
            WatchedFile<string> file = new(path, TimeSpan.Zero, text => text);
            Assert.Equal("old", file.Current);
            File.WriteAllText(path, "");
            Assert.Equal("old", file.Current);
            File.WriteAllText(path, "new!");
            Assert.Equal("new!", file.Current);

            // One that stays empty is.
            File.WriteAllText(path, "");
            Assert.Equal("new!", file.Current);
            Assert.Equal("", file.Current);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void WatchedFile_BehindALink_FollowsTheLink()
    {
        string folder = Directory.CreateTempSubdirectory("slipway-link").FullName;
        try
        {
            string link = Path.Combine(folder, "resolv.conf");
            File.WriteAllText(Path.Combine(folder, "a"), "first");
            File.WriteAllText(Path.Combine(folder, "b"), "the second");
            File.CreateSymbolicLink(link, "a");
            WatchedFile<string> file = new(link, TimeSpan.Zero, text => text);
            Assert.Equal("first", file.Current);
            File.Delete(link);
            File.CreateSymbolicLink(link, "b");
            Assert.Equal("the second", file.Current);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Lookup_ByTheHostsLibrary_TellsNoAddressFromNoName()
    {
        // A name of one label that this host's own hosts file knows needs no name server.
        string? name = File.ReadLines("/etc/hosts")
            .Select(line => line.Split('#')[0].Split(
                (char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words.Length > 1 && words[0] == "::1")
            .SelectMany(words => words[1..])
            .FirstOrDefault(
                word => !word.Contains('.', StringComparison.Ordinal) && word != "localhost");
        if (name is null)
        {
            return;
        }

        using DnsExchange exchange = new();
        exchange.Write("nsswitch.conf", "hosts: files myhostname dns\n");
        Response found = await exchange.AskAsync(new Query(name, DnsType.Aaaa));
        Assert.Equal(["Aaaa 5 ::1"], found.Answers);
        Response none = await exchange.AskAsync(new Query(name));
        Assert.Equal(DnsResponseCode.NoError, none.Code);
        Assert.Equal(2, exchange.Server.Counters.LookedUp);
    }
}
