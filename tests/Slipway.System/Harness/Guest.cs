using System.Text.Json.Nodes;

namespace Slipway.SystemTests.Harness;

/// <summary>
/// A guest that is a network namespace: what runs in it sees only the engine's link.
/// </summary>
public sealed class Guest : IDisposable
{
    public const string Interface = "tap0";

    private static readonly TimeSpan AttackTime = TimeSpan.FromMilliseconds(300);

    public NetworkNamespace Namespace { get; } = new("guest");

    /// <summary>Whether it has an address of the prefix, and has found it to be nobody's.</summary>
    public bool HasIpv6Address => FindIpv6Address("global") is not null;

    public bool HasIpv6DefaultRoute => Run("ip", "-6", "route").Output
        .Contains("default via", StringComparison.Ordinal);

    /// <summary>
    /// Waits until it has configured itself by router advertisements; returns its address.
    /// </summary>
    public string AwaitIpv6()
    {
        Eventually.Holds(
            TimeSpan.FromSeconds(10), "the guest has an address and a route",
            () => HasIpv6Address && HasIpv6DefaultRoute);
        return FindIpv6Address("global")!;
    }

    /// <summary>
    /// Its first address of a scope (link or global) that is of use; null if it has none.
    /// </summary>
    public string? FindIpv6Address(string scope)
    {
        string addresses = Run(
            "ip", "-6", "-o", "addr", "show", "dev", Interface, "scope", scope, "-tentative")
            .Output;
        return addresses.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .SkipWhile(word => word != "inet6").ElementAtOrDefault(1)?.Split('/')[0];
    }

    /// <summary>Runs a stock program in the guest.</summary>
    public ProgramResult Run(params IEnumerable<string> command) => Namespace.Run(command);

    public ProgramResult Run(TimeSpan timeout, params IEnumerable<string> command) =>
        Namespace.Run(timeout, command);

    /// <summary>
    /// Runs a tool of thc-ipv6, which is named without its prefix, to its end or for a moment.
    /// </summary>
    public ProgramResult Attack(string tool, params IEnumerable<string> arguments) =>
        Namespace.Run(AttackTime, [$"atk6-{tool}", .. arguments]);

    /// <summary>
    /// Runs a function of tools/guest.py and returns the JSON object that it printed.
    /// </summary>
    public JsonObject Does(string what, params IEnumerable<string> arguments) =>
        Does(TimeSpan.FromSeconds(60), what, arguments);

    public JsonObject Does(TimeSpan timeout, string what, params IEnumerable<string> arguments)
    {
        ProgramResult result = Namespace.Run(timeout, Program(what, arguments)).OrFail();
        return Parse(result.Output);
    }

    /// <summary>Starts a function of tools/guest.py that goes on until told to end.</summary>
    public RunningProgram Starts(string what, params IEnumerable<string> arguments) =>
        Namespace.Start(Program(what, arguments));

    public static JsonObject Parse(string line)
    {
        JsonObject result = JsonNode.Parse(line)!.AsObject();
        Assert.False(result.ContainsKey("exception"), line);
        return result;
    }

    public void Dispose() => Namespace.Dispose();

    private static string[] Program(string what, IEnumerable<string> arguments) =>
        ["python3", Repository.Tool("guest.py"), what, .. arguments];
}
