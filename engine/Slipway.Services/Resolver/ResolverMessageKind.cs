namespace Slipway.Services;

/// <summary>What a message between the engine and a process beside it is.</summary>
internal enum ResolverMessageKind : byte
{
    /// <summary>To the process: the addresses of a name, please.</summary>
    Find = 1,

    /// <summary>To the process: some of a script's text.</summary>
    ScriptPart,

    /// <summary>To the process: what does a script say about a URL?</summary>
    Evaluate,

    /// <summary>To the process: the addresses that a script has asked for.</summary>
    Resolved,

    /// <summary>To the engine: the answer to Find.</summary>
    Found = 16,

    /// <summary>To the engine: the script is there, or is none.</summary>
    ScriptRead,

    /// <summary>To the engine: the answer to Evaluate.</summary>
    Evaluated,

    /// <summary>To the engine: a script that is being evaluated asks for a name.</summary>
    Resolve,
}
