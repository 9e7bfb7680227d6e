namespace Slipway;

/// <summary>What a process keeps when it gives up the rest.</summary>
internal sealed record SandboxProfile
{
    /// <summary>The files; all else is closed where the kernel has Landlock.</summary>
    public required IReadOnlyList<SandboxPath> Paths { get; init; }

    /// <summary>Capabilities that stay if it has them; a bit for each number.</summary>
    public ulong KeptCapabilities { get; init; }

    /// <summary>
    /// Whether it starts programs: those of the system may then be executed, and the filter of
    /// calls refuses only what is dangerous.
    /// </summary>
    public bool StartsPrograms { get; init; }

    /// <summary>Whether signals go to processes of the same sandbox alone.</summary>
    public bool ScopesSignals { get; init; } = true;

    /// <summary>The same of connecting to Unix sockets without a file.</summary>
    public bool ScopesAbstractSockets { get; init; } = true;

    /// <summary>Whether it may bind TCP ports.</summary>
    public bool BindsTcp { get; init; } = true;
}
