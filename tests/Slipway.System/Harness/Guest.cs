using System.Text.Json.Nodes;

namespace Slipway.SystemTests.Harness;

/// <summary>
/// A guest that is a network namespace: what runs in it sees only the engine's link.
/// </summary>
public sealed class Guest : IDisposable
{
    public const string Interface = "tap0";

    public NetworkNamespace Namespace { get; } = new("guest");

    /// <summary>Runs a stock program in the guest.</summary>
    public ProgramResult Run(params IEnumerable<string> command) => Namespace.Run(command);

    public ProgramResult Run(TimeSpan timeout, params IEnumerable<string> command) =>
        Namespace.Run(timeout, command);

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
