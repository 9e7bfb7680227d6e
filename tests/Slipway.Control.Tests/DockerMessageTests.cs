using System.Text;
using System.Text.Json.Nodes;

namespace Slipway.Control.Tests;

/// <summary>Reading and changing what Docker's clients and dockerd send.</summary>
public sealed class DockerMessageTests
{
    [Theory]
    [InlineData("GET / HTTP/1.1\nHost: d\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nA : b\r\n\r\n")]
    [InlineData("GET /\r\n\r\n")]
    [InlineData("GET / HTTP/2\r\n\r\n")]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n")]
    [InlineData("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n")]
    public void Head_ThatTwoReadersCouldTakeDifferently_IsRefused(string head) =>
        Assert.Throws<HttpMessageException>(() => HttpHead.Parse(Encoding.ASCII.GetBytes(head)));

    [Fact]
    public void Head_Unchanged_IsPassedOnByteForByte()
    {
        byte[] bytes = "POST /x HTTP/1.1\r\nhost:  d\r\nCONNECTION: Upgrade, close\r\n\r\n"u8
            .ToArray();
        HttpHead head = HttpHead.Parse(bytes);
        Assert.Equal(bytes, head.ToBytes());
        Assert.True(head.IsLast);
        head.SetContentLength(3);
        Assert.Contains("Content-Length: 3\r\n\r\n", Encoding.ASCII.GetString(head.ToBytes()),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "/v1.41/containers/create?name=x", nameof(DockerCallKind.Create), "")]
    [InlineData("POST", "/containers/cre%61te", nameof(DockerCallKind.Create), "")]
    [InlineData("POST", "/v1.41/containers/web/start", nameof(DockerCallKind.Start), "web")]
    [InlineData("POST", "/v1.41/containers/web/restart?t=0", nameof(DockerCallKind.Start), "web")]
    [InlineData("GET", "/v1.41/containers/web/json?size=1", nameof(DockerCallKind.Inspect), "web")]
    [InlineData("GET", "/containers/json", nameof(DockerCallKind.List), "")]
    [InlineData("GET", "/v1.41/events", nameof(DockerCallKind.Events), "")]
    [InlineData("POST", "/v1.41/containers/web/stop", nameof(DockerCallKind.Other), "")]
    [InlineData("GET", "/v1.41/images/json", nameof(DockerCallKind.Other), "")]
    [InlineData("POST", "/v1.41/events", nameof(DockerCallKind.Other), "")]
    public void Call_OfARequest_IsToldByItsDecodedPath(
        string method, string target, string kind, string container)
    {
        HttpHead head = HttpHead.Parse(
            Encoding.ASCII.GetBytes($"{method} {target} HTTP/1.1\r\nHost: d\r\n\r\n"));
        DockerCall call = DockerCall.Of(head);
        Assert.Equal(kind, call.Kind.ToString());
        Assert.Equal(container, call.Container);
    }

    [Fact]
    public void ChunkedBody_CutAnywhere_EndsWhereItDoes()
    {
        byte[] bytes = "4;x=y\r\nwiki\r\n5\r\npedia\r\n0\r\nT: v\r\n\r\nGET /"u8.ToArray();
        for (int step = 1; step <= bytes.Length; step++)
        {
            ChunkedBody body = new();
            BoundedContent content = new(1 << 20);
            int taken = 0;
            while (!body.IsWhole)
            {
                taken += body.Take(
                    bytes.AsSpan(taken, Math.Min(step, bytes.Length - taken)), content);
            }

            Assert.Equal("wikipedia", Encoding.ASCII.GetString(content.Span));
            Assert.Equal("GET /", Encoding.ASCII.GetString(bytes[taken..]));
        }
    }

    [Theory]
    [InlineData("x\r\n")]
    [InlineData("\r\n")]
    [InlineData("4\nwiki")]
    [InlineData("4\r\nwikix")]
    [InlineData("1000000000000000\r\n")]
    public void ChunkedBody_WronglyFramed_IsRefused(string text) =>
        Assert.Throws<HttpMessageException>(
            () => new ChunkedBody().Take(Encoding.ASCII.GetBytes(text), null));

    [Fact]
    public void Create_WithPorts_SendsTheGuestsAndKeepsTheHostsInALabel()
    {
        CreateBody body = CreateBody.Parse("""
            {"Image":"web","hostconfig":{"PortBindings":{
                "80/tcp":[{"HostIp":"","HostPort":"80"}],
                "53/udp":[{"HostIp":"::1","HostPort":"8000-8010"},{"HostPort":""}]}}}
            """u8);
        int next = 20_000;
        JsonNode sent = JsonNode.Parse(body.Rewrite((_, _) => next++, "0.0.0.0"))!;
        Assert.Equal(
            """{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"20000"}]"""
                + ""","53/udp":[{"HostIp":"0.0.0.0","HostPort":"20001"}]}""",
            sent["hostconfig"]!["PortBindings"]!.ToJsonString());
        PortLabel label = PortLabel.Parse(sent["Labels"]![PortLabel.Name])!;
        Assert.Equal(
            [
                new WantedPort("80/tcp", "", 80, 80, 20_000),
                new WantedPort("53/udp", "::1", 8_000, 8_010, 20_001),
                new WantedPort("53/udp", "", 0, 0, 20_001),
            ],
            label.Wanted);
    }

    [Fact]
    public void Create_WithAPortWithoutProtocol_IsFoundInInspection()
    {
        CreateBody body = CreateBody.Parse(
            """{"HostConfig":{"PortBindings":{"80":[{"HostPort":"8080"}]}}}"""u8);
        JsonNode sent = JsonNode.Parse(body.Rewrite((_, port) => port, "0.0.0.0"))!;
        JsonObject inspection = new()
        {
            ["Config"] = new JsonObject { ["Labels"] = sent["Labels"]!.DeepClone() },
            ["HostConfig"] = sent["HostConfig"]!.DeepClone(),
        };
        Assert.Equal(8_080, Assert.Single(PortLabel.Find(inspection)!.Wanted).First);
    }

    [Theory]
    [InlineData("""{"ports":{"80/tcp":{"guest":1,"asked":[]},"80/tcp":{"guest":1,"asked":[]}}}""")]
    [InlineData("""{"ports":{},"ports":{}}""")]
    [InlineData("""{"all":1e99}""")]
    public void Label_OfSomebodyElses_IsNoneAndStopsNothing(string label)
    {
        JsonArray list =
            [new JsonObject { ["Labels"] = new JsonObject { [PortLabel.Name] = label } }];
        new DockerViews(_ => []).ShowList(list);
        Assert.Null(PortLabel.Parse(label));
    }

    [Fact]
    public void Label_WithMorePortsThanAContainerMayHave_DoesNotCount()
    {
        JsonArray asked = [];
        for (int i = 0; i <= PortLabel.MostPorts; i++)
        {
            asked.Add((JsonNode)new JsonObject());
        }

        PortLabel label = new();
        label.Add("80/tcp", 20_000, asked);
        Assert.Null(PortLabel.Parse(label.ToString()));
    }

    [Fact]
    public async Task Lines_WithoutAnEnd_AreReadUpToABound()
    {
        byte[] bytes = new byte[4 * LineReader.MostBytes];
        "one\n\ntwo\n"u8.CopyTo(bytes);
        using MemoryStream stream = new(bytes);
        using LineReader lines = new(stream);
        foreach (string line in (string[])["one", "", "two"])
        {
            ReadOnlyMemory<byte>? read = await lines.ReadAsync(default);
            Assert.Equal(line, Encoding.ASCII.GetString(read!.Value.Span));
        }

        await Assert.ThrowsAsync<IOException>(async () => await lines.ReadAsync(default));
        Assert.True(stream.Position <= 3 * LineReader.MostBytes);
    }

    [Theory]
    [InlineData(
        """{"HostConfig":{"NetworkMode":"host","PortBindings":{"80/tcp":[{"HostPort":"8"}]}}}""")]
    [InlineData("""{"HostConfig":{"PortBindings":{"80/tcp":[]}}}""")]
    [InlineData("""{"HostConfig":null}""")]
    [InlineData("{}")]
    public void Create_WithoutPorts_IsPassedOn(string body) =>
        Assert.True(CreateBody.Parse(Encoding.UTF8.GetBytes(body)).IsPlain);

    [Fact]
    public void Create_WithANameThatIsNoText_IsRefusedAsWhatCannotBeRead()
    {
        // A byte that is no UTF-8: found by the fuzz target docker.
        DockerRefusal refusal = Assert.Throws<DockerRefusal>(() => CreateBody.Parse(
            Encoding.Latin1.GetBytes(
                "{\"HostConfig\":{\"PortBindings\":{\"80\u0080\":[{\"HostPort\":\"8080\"}]}}}")));

        Assert.StartsWith("the body cannot be read", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]", "not a JSON object")]
    [InlineData("{", "cannot be read")]
    [InlineData("""{"HostConfig":{},"hostConfig":{}}""", "HostConfig more than once")]
    [InlineData("""{"HostConfig":{"PortBindings":{"80/tcp":[{"HostPort":"x"}]}}}""", "\"x\" for")]
    [InlineData("""{"HostConfig":{"PortBindings":{"80/tcp":[{"HostPort":"9-8"}]}}}""", "\"9-8\"")]
    [InlineData("""{"HostConfig":{"PortBindings":{"80/tcp":[{"HostPort":"65536"}]}}}""", "65535")]
    [InlineData("""{"HostConfig":{"PortBindings":{"80/tcp":[{"HostPort":8}]}}}""", "PortBindings")]
    [InlineData("""{"HostConfig":{"PortBindings":{"80/tcp":[{"HostIp":"web"}]}}}""", "\"web\"")]
    [InlineData("""{"HostConfig":{"PortBindings":{"9/sctp":[{"HostPort":"9"}]}}}""", "9/sctp")]
    [InlineData("""{"HostConfig":{"PortBindings":{"9":[{}],"9/tcp":[{}]}}}""", "9/tcp more than")]
    public void Create_WithWhatCannotBe_IsRefusedInWords(string body, string words)
    {
        DockerRefusal refusal = Assert.Throws<DockerRefusal>(() => CreateBody
            .Parse(Encoding.UTF8.GetBytes(body)).Rewrite((_, _) => 20_000, "0.0.0.0"));
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
        string response = Encoding.UTF8.GetString(refusal.ToResponse());
        Assert.StartsWith("HTTP/1.1 400 ", response, StringComparison.Ordinal);
        JsonNode error = JsonNode.Parse(response.Split("\r\n\r\n")[1])!;
        Assert.Equal(refusal.Message, (string?)error["message"]);
    }

    [Fact]
    public void Label_OfAContainerThatHasOtherBindings_DoesNotCount()
    {
        JsonNode container = JsonNode.Parse("""
            {"Config":{"Labels":{"dev.slipway.ports":
                "{\"ports\":{\"80/tcp\":{\"guest\":20000,\"asked\":[{\"HostPort\":\"22\"}]}}}"}},
             "HostConfig":{"PortBindings":{"80/tcp":[{"HostIp":"","HostPort":"20000"}]}}}
            """)!;
        Assert.Equal(22, Assert.Single(PortLabel.Find(container)!.Wanted).First);
        container["HostConfig"]!["PortBindings"]!["80/tcp"]![0]!["HostPort"] = "8080";
        Assert.Null(PortLabel.Find(container));
        container["Config"]!["Labels"]!["dev.slipway.ports"] = "{\"ports\":{\"80/tcp\":7}}";
        Assert.Null(PortLabel.Find(container));
    }

    [Fact]
    public void Events_WithOurLabel_AreShownWithoutItWhereverTheyAreCut()
    {
        const string Plain = "{\"Action\":\"die\",\"Actor\":{\"Attributes\":{}}}\n";
        byte[] text = Encoding.UTF8.GetBytes(
            """{"Action":"start","Actor":{"Attributes":{"dev.slipway.ports":"{}","name":"é<"}}}"""
                + "\n" + Plain);
        for (int cut = 0; cut <= text.Length; cut++)
        {
            EventLines lines = new();
            lines.Arrived.Add(text.AsSpan(0, cut));
            byte[] first = lines.TakeChunk(isEnd: false);
            lines.Arrived.Add(text.AsSpan(cut));
            ChunkedBody body = new();
            BoundedContent shown = new(1 << 20);
            body.Take([.. first, .. lines.TakeChunk(isEnd: true)], shown);
            Assert.True(body.IsWhole);
            Assert.Equal(
                """{"Action":"start","Actor":{"Attributes":{"name":"é<"}}}""" + "\n" + Plain,
                Encoding.UTF8.GetString(shown.Span));
        }
    }

    [Fact]
    public void Vsock_Address_IsTheKernels() => Assert.Equal(
        "28000000D204000003000000" + "00000000",
        Convert.ToHexString(new VsockDockerGuest(3, 1_234).Address()));
}
