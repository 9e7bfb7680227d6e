namespace Slipway.Engine;

/// <summary>
/// The sandbox of the program that runs the engine. A library's process is its host program's, and
/// has none.
/// </summary>
public sealed record SandboxConfiguration
{
    /// <summary>The key that names what is missing, for messages.</summary>
    public const string PathsKey = "sandbox.paths";

    public SandboxMode Mode { get; init; }

    /// <summary>The option or key that <see cref="Mode"/> came from, for messages.</summary>
    public string ModeKey { get; init; } = "--sandbox";

    /// <summary>Whether this process is in it, for messages.</summary>
    public bool IsEntered { get; init; }

    /// <summary>
    /// Folders and files that may be used beside those that the rest of the configuration names:
    /// read, written, and Unix sockets made in them.
    /// </summary>
    public IReadOnlyList<string> Paths { get; init; } = [];
}
