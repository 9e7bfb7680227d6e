namespace Slipway;

/// <summary>How a check of the host ended.</summary>
internal enum Verdict
{
    Ok,

    /// <summary>Works with less: a feature or speed is missing.</summary>
    Warn,

    /// <summary>`slipway shell` cannot work.</summary>
    Fail,

    /// <summary>A running engine's process has given it up.</summary>
    Yes,

    /// <summary>It has not; the detail says why.</summary>
    No,
}
