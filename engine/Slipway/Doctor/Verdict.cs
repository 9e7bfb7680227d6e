namespace Slipway;

/// <summary>How a check of the host ended.</summary>
internal enum Verdict
{
    Ok,

    /// <summary>Works with less: a feature or speed is missing.</summary>
    Warn,

    /// <summary>`slipway shell` cannot work.</summary>
    Fail,
}
