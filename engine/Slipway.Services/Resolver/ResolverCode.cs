namespace Slipway.Services;

/// <summary>How a question to a process beside the engine has ended.</summary>
internal enum ResolverCode : byte
{
    /// <summary>With what the body holds.</summary>
    Done = 0,

    /// <summary>No such name (EAI_NONAME).</summary>
    NoName,

    /// <summary>Nobody could say, or not in time (EAI_AGAIN and its kin).</summary>
    NoAnswer,

    /// <summary>The script fails; the body says why.</summary>
    Failed,

    /// <summary>There is no such script here (any more).</summary>
    NoScript,
}
