using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>
/// A setting that cannot be used. Its message is what a user reads after "slipway: ": the key as
/// the user wrote it (an option such as --mtu, or a path in the configuration such as
/// dhcp.leases[0].mac), the value, what is wrong with it and what to do about it.
/// </summary>
public sealed class ConfigurationException : Exception
{
    public ConfigurationException(string key, string? value, string remedy, Exception? inner = null)
        : base(string.IsNullOrEmpty(value) ? $"{key}: {remedy}" : $"{key} {value}: {remedy}", inner)
    {
        Key = key;
        Value = value;
        Remedy = remedy;
    }

    /// <summary>The option or the path in the configuration.</summary>
    public string Key { get; }

    /// <summary>The value as it was given; null where the key itself is wrong.</summary>
    public string? Value { get; }

    /// <summary>Another program has what is asked for.</summary>
    public bool IsInUse { get; init; }

    /// <summary>What the host's kernel said; None where it was not asked.</summary>
    public HostError HostError { get; init; }

    /// <summary>What is wrong and how to mend it.</summary>
    public string Remedy { get; }
}
