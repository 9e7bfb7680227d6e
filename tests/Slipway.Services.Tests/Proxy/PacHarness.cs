using System.Net;

namespace Slipway.Services.Tests.Proxy;

/// <summary>Evaluates an expression or a whole file as a browser would.</summary>
internal static class PacHarness
{
    public static readonly Dictionary<string, string[]> Names = new()
    {
        ["www.corp.test"] = ["10.1.2.3"],
        ["dual.test"] = ["2001:db8::5", "192.0.2.5"],
        ["six.test"] = ["2001:db8::6"],
    };

    public static string Run(
        string text, string url = "http://www.corp.test/", TimeProvider? time = null) =>
        new PacScript(text, time ?? TimeProvider.System)
            .Evaluate(url, new Uri(url).Host, Resolve);

    /// <summary>The value of an expression, as text.</summary>
    public static string Value(string expression, TimeProvider? time = null) => Run(
        $"function FindProxyForURL(url, host) {{ return String({expression}); }}", time: time);

    private static IPAddress[] Resolve(string name) =>
        [.. Names.GetValueOrDefault(name, []).Select(IPAddress.Parse)];
}
