using System.Text.Json;
using Slipway.Engine;

namespace Slipway.Control.Tests;

/// <summary>The configuration of a running engine, and what the API says of itself.</summary>
public sealed class ConfigurationApiTests : IDisposable
{
    private readonly RunningEngine _engine = new("""
        { "publish": ["0:80"], "proxy": { "all": "me:secret@proxy.test:3128" } }
        """);

    private readonly string _path;

    public ConfigurationApiTests() => _path = _engine.Listen().Path;

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task Document_OfTheApi_HasThePathsThatThereAre()
    {
        await using ControlHost host = await ControlHost.StartAsync(
            _engine.Engine, "1.2.3", takesGuests: true, token: null, CancellationToken.None);
        SortedSet<string> served = new(
            host.Routes.Where(route => route.Contains(" /v1/", StringComparison.Ordinal))
                .Select(route => route.Replace(":int}", "}", StringComparison.Ordinal)),
            StringComparer.Ordinal)
        {
            "GET /v1/connect", "POST /v1/connect", // before the web server
        };
        ControlAnswer answer = await ControlAnswer.AskAsync(_path, "GET /v1/openapi.json");
        using JsonDocument document = JsonDocument.Parse(answer.Body);
        SortedSet<string> told = new(
            from path in document.RootElement.GetProperty("paths").EnumerateObject()
            from method in path.Value.EnumerateObject()
            select $"{method.Name.ToUpperInvariant()} {path.Name}", StringComparer.Ordinal);
        Assert.Equal(served, told);
    }

    [Fact]
    public void Keys_OfTheConfiguration_AreAllTold() => Assert.Equal(
        typeof(EngineConfiguration).GetProperties().Select(property => property.Name)
            .Except(ConfigurationKey.OfTheStart).Order(StringComparer.Ordinal),
        ConfigurationKey.All.Select(key => key.Property).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public async Task Configuration_ThatHolds_IsToldWithoutPasswords()
    {
        ControlAnswer answer = await ControlAnswer.AskAsync(_path, "GET /v1/config");
        Assert.Equal(200, answer.Status);
        Assert.Contains("\"mtu\":[\"1500\"]", answer.Body, StringComparison.Ordinal);
        Assert.Contains("\"publish\":[\"0:80\"]", answer.Body, StringComparison.Ordinal);
        Assert.Contains("proxy.test:3128", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "mtu": 9000 }""", 204, "")]
    [InlineData("""{ "mtu": 1 }""", 400, "mtu 1")]
    [InlineData("""{ "colour": 1 }""", 400, "colour")]
    [InlineData("{", 400, "")]
    public async Task Validate_AConfiguration_SaysWhatIsWrong(
        string json, int status, string reason)
    {
        ControlAnswer answer = await ControlAnswer.AskAsync(
            _path, "POST /v1/config/validate", json);
        Assert.Equal(status, answer.Status);
        Assert.Contains(reason, answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_WhatCannotChange_NamesItAndChangesNothing()
    {
        string wanted = """
            { "publish": ["0:81"], "logLevel": "debug", "mtu": 9000, "udp": { "fullCone": true },
              "proxy": { "all": "me:secret@proxy.test:3128" } }
            """;
        ControlAnswer diff = await ControlAnswer.AskAsync(_path, "POST /v1/config/diff", wanted);
        Assert.Equal(200, diff.Status);
        Assert.Contains(
            """{"key":"mtu","from":["1500"],"to":["9000"],"isLive":false}""", diff.Body,
            StringComparison.Ordinal);
        Assert.Contains(
            """{"key":"publish","from":["0:80"],"to":["0:81"],"isLive":true}""", diff.Body,
            StringComparison.Ordinal);
        ControlAnswer refused = await ControlAnswer.AskAsync(
            _path, "POST /v1/config/apply", wanted);
        Assert.Equal(409, refused.Status);
        Assert.Contains("mtu, udp.fullCone:", refused.Body, StringComparison.Ordinal);
        Assert.Equal(80, Assert.Single(_engine.Engine.PublishedPorts).Guest.Port);
        Assert.Equal(LogLevel.Information, _engine.Minimum);
    }

    [Fact]
    public async Task Apply_PortsAndLogLevel_ChangesThemAndLeavesTheRest()
    {
        int kept = Assert.Single(_engine.Engine.PublishedPorts).Id;
        ControlAnswer applied = await ControlAnswer.AskAsync(
            _path, "POST /v1/config/apply", """
            { "publish": ["0:80", "0:81"], "logLevel": "debug",
              "proxy": { "all": "me:secret@proxy.test:3128" } }
            """);
        Assert.Equal(200, applied.Status);
        Assert.Equal([80, 81], _engine.Engine.PublishedPorts.Select(one => (int)one.Guest.Port));
        Assert.Equal(kept, _engine.Engine.PublishedPorts[0].Id);
        Assert.Equal(LogLevel.Debug, _engine.Minimum);
    }

    [Fact]
    public async Task Apply_OneKey_LeavesWhatItDoesNotSpeakOf()
    {
        ControlAnswer applied = await ControlAnswer.AskAsync(
            _path, "POST /v1/config/apply", """{ "logLevel": "debug", /* and no more */ }""");
        Assert.Equal(
            """[{"key":"logLevel","from":["Information"],"to":["Debug"],"isLive":true}]""",
            applied.Body);
        Assert.Equal(80, Assert.Single(_engine.Engine.PublishedPorts).Guest.Port);
        Assert.Equal(LogLevel.Debug, _engine.Minimum);
    }

    [Theory]
    [InlineData("""{ "hostAlias": false }""", "hostAliasAddress")]
    [InlineData("""{ "subnet": "10.9.0.0/24" }""", "subnet")]
    [InlineData("""{ "dns": { "cache": 5 } }""", "dns.cache")]
    [InlineData("""{ "limits": { "tcpFlows": 1000 } }""", "limits")]
    [InlineData("""{ "links": ["stream:/tmp/none.sock"] }""", "links")]
    public async Task Diff_OfAKey_TellsItAlone(string json, string key)
    {
        ControlAnswer diff = await ControlAnswer.AskAsync(_path, "POST /v1/config/diff", json);
        using JsonDocument changes = JsonDocument.Parse(diff.Body);
        Assert.Equal(
            key, Assert.Single(changes.RootElement.EnumerateArray()).GetProperty("key")
                .GetString());
    }

    [Fact]
    public async Task Apply_ServicesNamesAndUpstreams_ChangesThemWhileItRuns()
    {
        string wanted = """
            { "services": [{ "name": "registry.internal", "port": 5000, "target": "unix:/r.sock" }],
              "intercept": [{ "destination": "10.1.0.0/16", "ports": "80",
                  "target": "tcp:127.0.0.1:8080" }],
              "dns": { "records": { "build.test": "192.168.127.3" },
                  "zones": { "lab.test": { "default": ["192.168.127.10"] } } },
              "proxy": { "all": "you:other@next.test:3128", "noProxy": "corp.example" } }
            """;
        ControlAnswer applied = await ControlAnswer.AskAsync(
            _path, "POST /v1/config/apply", wanted);
        Assert.Equal(200, applied.Status);
        Assert.Equal(
            ["registry.internal", null],
            _engine.Engine.Services.Select(service => service.Specification.Name));
        Assert.Contains("next.test:3128", _engine.Engine.ProxyNow, StringComparison.Ordinal);
        Assert.Contains(
            _engine.Engine.ListDnsRecords(), record => record.Name == "build.test");
        Assert.Equal("lab.test", Assert.Single(_engine.Engine.ListDnsZones()).Name);
        Assert.DoesNotContain("other", applied.Body, StringComparison.Ordinal);
        ControlAnswer again = await ControlAnswer.AskAsync(
            _path, "POST /v1/config/diff", wanted);
        Assert.Equal("[]", again.Body);
        await ControlAnswer.AskAsync(_path, "POST /v1/config/apply", """
            { "services": [], "intercept": [], "dns": { "records": {}, "zones": {} },
              "proxy": { "noProxy": "*" } }
            """);
        Assert.Empty(_engine.Engine.Services);
        Assert.Empty(_engine.Engine.ListDnsRecords());
        Assert.Empty(_engine.Engine.ListDnsZones());
        Assert.Equal("direct", _engine.Engine.ProxyNow);
    }

    [Fact]
    public async Task Apply_ATakenPortAfterOtherChanges_TakesThemBack()
    {
        using System.Net.Sockets.TcpListener taken = new(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        string port = taken.LocalEndpoint.ToString()!.Split(':')[1];
        string before = (await ControlAnswer.AskAsync(_path, "GET /v1/config")).Body;
        ControlAnswer refused = await ControlAnswer.AskAsync(
            _path, "POST /v1/config/apply", $$"""
            { "publish": ["{{port}}:81"],
              "services": [{ "name": "a.internal", "port": 5000, "target": "unix:/r.sock" }],
              "dns": { "records": { "build.test": "192.168.127.3" } },
              "proxy": { "all": "direct" } }
            """);
        Assert.Equal(409, refused.Status);
        Assert.Equal(before, (await ControlAnswer.AskAsync(_path, "GET /v1/config")).Body);
        Assert.Empty(_engine.Engine.Services);
        Assert.Empty(_engine.Engine.ListDnsRecords());
    }

    [Fact]
    public async Task Apply_ANameThatAServiceHas_IsRefusedByName()
    {
        _engine.Engine.AddService(
            """{ "name": "a.internal", "port": 5000, "target": "unix:/r.sock" }""");
        ControlAnswer refused = await ControlAnswer.AskAsync(
            _path, "POST /v1/config/apply",
            """{ "dns": { "records": { "a.internal": "192.168.127.3" } } }""");
        Assert.Equal(409, refused.Status);
        Assert.Contains("dns.records.a.internal", refused.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_ATakenPort_LeavesThePortsThatThereWere()
    {
        using System.Net.Sockets.TcpListener taken = new(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        string port = taken.LocalEndpoint.ToString()!.Split(':')[1];
        ControlAnswer refused = await ControlAnswer.AskAsync(
            _path, "POST /v1/config/apply", $$"""
            { "publish": ["0:82", "{{port}}:81"],
              "proxy": { "all": "me:secret@proxy.test:3128" } }
            """);
        Assert.Equal(409, refused.Status);
        Assert.Contains(port, refused.Body, StringComparison.Ordinal);
        Assert.Equal(80, Assert.Single(_engine.Engine.PublishedPorts).Guest.Port);
    }

    [Fact]
    public async Task Apply_ATakenPort_ClosesAndReopensNothing()
    {
        using System.Net.Sockets.TcpListener taken = new(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        string port = taken.LocalEndpoint.ToString()!.Split(':')[1];
        PublishedPort before = Assert.Single(_engine.Engine.PublishedPorts);
        ControlAnswer refused = await ControlAnswer.AskAsync(
            _path, "POST /v1/config/apply", $$"""{ "publish": ["0:82", "{{port}}:81"] }""");
        Assert.Equal(409, refused.Status);
        Assert.Same(before, Assert.Single(_engine.Engine.PublishedPorts));
    }

    [Fact]
    public async Task Apply_APortInThePlaceOfAnother_TakesItOrGivesItBack()
    {
        string own = _engine.Engine.PublishedPorts[0].Host.ToString();
        ControlAnswer moved = await ControlAnswer.AskAsync(
            _path, "POST /v1/config/apply", $$"""{ "publish": ["{{own}}:81"] }""");
        Assert.Equal(200, moved.Status);
        Assert.Equal(81, Assert.Single(_engine.Engine.PublishedPorts).Guest.Port);
        using System.Net.Sockets.TcpListener taken = new(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        int port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;
        int first = _engine.Engine.PublishedPorts[0].Host.Port;
        string both = $"{own}:82\", \"{port}:83"; // one could be had, the other one not
        ControlAnswer refused = await ControlAnswer.AskAsync(
            _path, "POST /v1/config/apply", $$"""{ "publish": ["{{both}}"] }""");
        Assert.Equal(409, refused.Status);
        Assert.Equal(81, Assert.Single(_engine.Engine.PublishedPorts).Guest.Port);
        Assert.Equal(first, _engine.Engine.PublishedPorts[0].Host.Port);
    }

    [Fact]
    public async Task Apply_TheSameTextSeveralTimes_IsSoManyPorts()
    {
        foreach (int count in (int[])[3, 1])
        {
            string ports = string.Join(", ", Enumerable.Repeat("\"0:80\"", count));
            ControlAnswer applied = await ControlAnswer.AskAsync(
                _path, "POST /v1/config/apply", $$"""{ "publish": [{{ports}}] }""");
            Assert.Equal(200, applied.Status);
            Assert.Equal(count, _engine.Engine.PublishedPorts.Count);
        }
    }

    [Fact]
    public async Task Apply_Ports_LeavesThoseOfOtherPrograms()
    {
        ControlAnswer owned = await ControlAnswer.AskAsync(
            _path, "POST /v1/ports", """{"port":"0:90","owner":"docker"}""");
        ControlAnswer exposed = await ControlAnswer.AskAsync(
            _path, "POST /services/forwarder/expose",
            """{"local":"127.0.0.1:0","remote":"192.168.127.2:91"}""");
        Assert.Equal((201, 200), (owned.Status, exposed.Status));
        ControlAnswer applied = await ControlAnswer.AskAsync(
            _path, "POST /v1/config/apply", """{ "publish": [] }""");
        Assert.Equal(
            """[{"key":"publish","from":["0:80"],"to":[],"isLive":true}]""", applied.Body);
        Assert.Equal([90, 91], _engine.Engine.PublishedPorts.Select(one => (int)one.Guest.Port));
    }

    [Theory]
    [InlineData("POST /v1/config/apply", """{"logLevel":"\ud800"}""")]
    [InlineData("POST /v1/config/validate", """{"\ud800":1}""")]
    [InlineData("PUT /v1/dns/web", """{"txt":["\udc00"]}""")]
    [InlineData("PUT /v1/proxy", """{"all":"\ud800"}""")]
    [InlineData("POST /v1/services", """{"\ud800":1}""")]
    public async Task Text_OfHalfACharacter_IsRefused(string request, string json)
    {
        ControlAnswer answer = await ControlAnswer.AskAsync(_path, request, json);
        Assert.Equal(400, answer.Status);
        Assert.Contains("surrogate", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("debug", 200)]
    [InlineData("Debug", 400)]
    [InlineData("loud", 400)]
    public async Task Level_OfTheLog_IsChangedOrRefused(string level, int status)
    {
        ControlAnswer answer = await ControlAnswer.AskAsync(
            _path, "PUT /v1/log", $$"""{"level":"{{level}}"}""");
        Assert.Equal(status, answer.Status);
        Assert.Contains(level, answer.Body, StringComparison.Ordinal);
        Assert.Equal(
            status == 200 ? LogLevel.Debug : LogLevel.Information, _engine.Minimum);
    }
}
