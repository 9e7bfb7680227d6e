using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Slipway.Control;
using Slipway.Engine;
using Slipway.Wire;

namespace Slipway.Fuzz.Targets;

/// <summary>Bodies of the control API, and those of gvproxy's.</summary>
internal static class ControlTargets
{
    private static readonly EngineConfiguration s_running = ConfigurationReader.Parse("{}");

    public static IReadOnlyList<FuzzTarget> Items { get; } =
    [
        new("control-body", Body,
            [
                .. ((string[])
                [
                    """0{"srv":[{"port":80,"target":"web.test"}],"ttl":9,"a":["192.0.2.1"]}""",
                    """1{"all":["u:p@proxy.test:1","direct"],"noProxy":"b","pac":"/x"}""",
                    """2{"name":"s.internal","port":1,"target":"unix:/run/s"}""",
                    """2{"destination":"10.1.0.0/16","ports":"80-90","target":"tcp:a:1"}""",
                    """3{"publish":["8080:80"],"logLevel":"debug"}""",
                    """4{"port":"8080:80","owner":"me"}""",
                ]).Select(Encoding.UTF8.GetBytes),
            ])
        {
            MaximumBytes = 2_048,
            Words = ["{", "}", "[", "]", ":", ",", "null", "true", "-1", "\"\"", "\"ttl\":",
                "\"cname\":", "\"txt\":", "\"mx\":", "\"caa\":", "\"all\":", "\"http\":",
                "\"noProxy\":", "\"target\":", "\"port\":", "\"address\":\"gateway\"", "\\ud800",
                "\"destination\":", "\"publish\":", "//", "/*", "\"192.168.127.254\""],
        },
        new("go-json", Go,
            [
                .. ((string[])
                [
                    """{"local":":8080","remote":"192.168.127.2:80","protocol":"tcp"}""",
                    """{"Name":"a.","Records":[{"Name":"b","IP":"1.2.3.4"}],"DefaultIP":""}""",
                    """ {"REMOTE":"tcp://[fd00::1]:80","remote":null,"x":[1.5e-3,true,"é"]} z""",
                    """{"remote":"ssh-tunnel://u@1.2.3.4:22/run/s?key=/k"}""",
                ]).Select(Encoding.UTF8.GetBytes),
            ])
        {
            MaximumBytes = 1_024,
            Words = ["{", "}", "[", "]", ":", ",", "null", "true", "false", "-0.5e+1", "\"\"",
                "\\u00e9", "\\ud800", "\\\"", "\"local\":", "\"remote\":", "\"Records\":", "\x01",
                "tcp://", "ssh-tunnel://", "key="],
        },
    ];

    private static string Text(ReadOnlySpan<byte> input) => Encoding.UTF8.GetString(input);

    private static void Body(ReadOnlySpan<byte> input)
    {
        string json = Text(input.IsEmpty ? input : input[1..]);
        try
        {
            switch (input.IsEmpty ? 0 : input[0] % 5)
            {
                case 0:
                    _ = ConfigurationReader.ParseRecord("a.test", json);
                    break;
                case 1:
                    _ = ConfigurationReader.ParseProxy(json);
                    break;
                case 2:
                    _ = ConfigurationReader.ParseService(json, new ServiceResolver(s_running, []));
                    break;
                case 3:
                    Differ(json);
                    break;
                default:
                    _ = JsonSerializer.Deserialize(
                        json, ApiJsonContext.Default.PublishRequest);
                    break;
            }
        }
        catch (ConfigurationException e)
        {
            FuzzFaultException.If(
                string.IsNullOrWhiteSpace(e.Remedy), "a refusal without a remedy");
        }
        catch (JsonException e)
        {
            FuzzFaultException.If(
                input.IsEmpty || input[0] % 5 != 4, $"JSON's own words are told: {e.Message}");
        }
    }

    // What a configuration differs in from one that runs can be said of any that is read.
    private static void Differ(string json)
    {
        EngineConfiguration wanted = ConfigurationReader.Parse(json, null, s_running);
        foreach (ConfigurationKey key in ConfigurationKey.All)
        {
            _ = key.Read(wanted).Count;
        }
    }

    private static void Go(ReadOnlySpan<byte> input)
    {
        bool isJson = IsJson(input);
        try
        {
            GoJsonObject body = GoJsonObject.Parse(input.ToArray(), "ExposeRequest");
            _ = body.Text("local");
            foreach (GoJsonObject record in body.List("Records", "Record"))
            {
                _ = (record.Text("Name"), record.Text("IP"));
            }

            _ = GvproxyRemote.ParseForSocket(body.Text("remote"));
            _ = GvproxyRemote.Parse(
                body.Text("remote"), new GvproxyCaller(IpAddress.Parse("192.168.127.2"), Link: 1));
        }
        catch (GvproxyException e)
        {
            FuzzFaultException.If(e.Message.Length == 0, "it is refused without a reason");
            FuzzFaultException.If(
                isJson && Syntax().IsMatch(e.Message),
                $"what others read as JSON is refused: {e.Message}");
        }
    }

    // By the runtime's reader, in the depth that is read here.
    private static bool IsJson(ReadOnlySpan<byte> input)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(
                input.ToArray(), new JsonDocumentOptions { MaxDepth = 60 });
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static Regex Syntax() => new(
        "^(invalid character '.+' (looking|after|in)|unexpected EOF|EOF$)",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);
}
