using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Slipway.Control;

namespace Slipway.Fuzz.Targets;

/// <summary>What clients of a Docker engine send, and what a guest's engine answers.</summary>
internal static class DockerTargets
{
    private const string Label =
        "\"dev.slipway.ports\":\"{\\\"all\\\":true,\\\"ports\\\":{\\\"80/tcp\\\":{\\\"guest\\\":"
        + "20000,\\\"asked\\\":[{\\\"HostIp\\\":\\\"\\\",\\\"HostPort\\\":\\\"80\\\"}]}}}\"";

    private static readonly DockerViews s_views = new(_ =>
    [
        new ForwardedPort(
            new WantedPort("80/tcp", "", 80, 80, 20_000),
            new PortReport(1, "tcp", "127.0.0.1:80", "192.168.127.2:20000")),
    ]);

    public static IReadOnlyList<FuzzTarget> Items { get; } =
    [
        new("docker", Docker, [.. Seeds().Select(Encoding.UTF8.GetBytes)])
        {
            MaximumBytes = 4_096,
            Words = ["{", "}", "[", "]", ":", ",", "null", "true", "\"\"", "-1", "\"80/tcp\":",
                "\"HostConfig\":", "\"PortBindings\":", "\"hostconfig\":", "\"HostPort\":",
                "\"8000-8010\"", "\"NetworkMode\":\"host\"", "\"PublishAllPorts\":true",
                "\"Labels\":", Label, "\n", "\\u0000", "\\ud800", "\"Config\":", "\"Actor\":",
                "\"NetworkSettings\":", "\"Ports\":"],
        },
    ];

    private static IEnumerable<string> Seeds() =>
        ((string[])
        [
            "0{'Image':'a','HostConfig':{'PortBindings':{'80/tcp':[{'HostPort':'8080'}]}}}",
            "0{'HostConfig':{'PublishAllPorts':true},'Labels':{'a':'b'}}",
            "1{'Id':'a','Config':{'Labels':{LABEL}},'HostConfig':{'PortBindings':{'80/tcp':"
                + "[{'HostPort':'20000'}]},'PublishAllPorts':true},'NetworkSettings':{'Ports':"
                + "{'80/tcp':[{'HostPort':'20000'}]}}}",
            "2[{'Id':'a','Labels':{LABEL},'Ports':[{'PrivatePort':80,'PublicPort':20000,"
                + "'Type':'tcp'}]}]",
            "3{'Actor':{'Attributes':{LABEL}}}\n{'Actor':{}}\n",
        ]).Select(seed => seed.Replace('\'', '"').Replace(
            "LABEL", Label, StringComparison.Ordinal));

    private static void Docker(ReadOnlySpan<byte> input)
    {
        ReadOnlySpan<byte> body = input.IsEmpty ? input : input[1..];
        switch (input.IsEmpty ? 0 : input[0] & 3)
        {
            case 0:
                Create(body);
                break;
            case 1:
                Show(body, s_views.ShowInspection);
                break;
            case 2:
                Show(body, s_views.ShowList);
                break;
            default:
                Events(body);
                break;
        }
    }

    // What dockerd is sent is JSON, and binds no port of the guest but those that were chosen.
    private static void Create(ReadOnlySpan<byte> body)
    {
        try
        {
            CreateBody asked = CreateBody.Parse(body);
            if (asked.IsPlain)
            {
                return;
            }

            JsonNode sent = JsonNode.Parse(asked.Rewrite((_, _) => 20_000, "0.0.0.0"))!;
            string text = sent.ToJsonString();
            FuzzFaultException.If(
                !text.Contains("dev.slipway.ports", StringComparison.Ordinal),
                "it was changed, and has no label");
        }
        catch (DockerRefusal e)
        {
            FuzzFaultException.If(e.Message.Length == 0, "it is refused without a reason");
            JsonDocument.Parse(AfterHead(e.ToResponse())).Dispose();
        }
    }

    // A guest's engine may answer nonsense, which the client is told (DockerConnection).
    private static void Show(ReadOnlySpan<byte> body, Action<JsonNode> show)
    {
        try
        {
            if (JsonNode.Parse(body) is JsonNode node)
            {
                show(node);
                FuzzFaultException.If(DockerJson.Write(node)[^1] != '\n', "it has no end");
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException
            or ArgumentException or FormatException)
        {
            FuzzFaultException.If(e.Message.Length == 0, "it is refused without a reason");
        }
    }

    // Whatever the guest's engine says happens, its lines are passed on and none is lost.
    private static void Events(ReadOnlySpan<byte> body)
    {
        EventLines events = new();
        int half = body.Length / 2;
        int lines = 0;
        foreach (bool isEnd in (ReadOnlySpan<bool>)[false, true])
        {
            events.Arrived.Add(isEnd ? body[half..] : body[..half]);
            ChunkedBody chunks = new();
            BoundedContent content = new(1 << 20);
            byte[] taken = events.TakeChunk(isEnd);
            int read = taken.Length == 0 ? 0 : chunks.Take(taken, content);
            FuzzFaultException.If(
                read != taken.Length || chunks.IsWhole != isEnd, "it is not one chunk");
            lines += content.Span.Count((byte)'\n');
        }

        FuzzFaultException.If(
            lines < body.Count((byte)'\n'), $"{lines} lines were passed on");
    }

    private static byte[] AfterHead(byte[] response) =>
        response[(response.AsSpan().IndexOf("\r\n\r\n"u8) + 4)..];
}
