namespace Slipway;

/// <summary>What the program ends with; a command in a shell ends it with its own.</summary>
internal static class ExitStatus
{
    public const int Success = 0;

    /// <summary>
    /// Something failed that worked as it was told: the host forbids or lacks it.
    /// </summary>
    public const int Failure = 1;

    /// <summary>An option or a key of the configuration is wrong; nothing was started.</summary>
    public const int Usage = 2;

    /// <summary>The command was found and could not be executed (as sh says it).</summary>
    public const int NotExecutable = 126;

    /// <summary>The command was not found (as sh says it).</summary>
    public const int NotFound = 127;
}
