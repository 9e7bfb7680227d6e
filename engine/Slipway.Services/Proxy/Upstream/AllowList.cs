namespace Slipway.Services;

/// <summary>The only hosts that guests may reach by the proxy, and what others are told.</summary>
public sealed class AllowList(HostRules rules, string? message = null)
{
    /// <summary>What a guest reads by default; %s is the host.</summary>
    public const string DefaultMessage =
        "%s is not among the hosts that this machine's proxy may connect to; ask whoever looks "
        + "after the machine to allow it.";

    private readonly string _message = string.IsNullOrEmpty(message) ? DefaultMessage : message;

    /// <summary>Whether the host may be reached.</summary>
    public bool Allows(string host, int port) => rules.Matches(host, port);

    /// <summary>Why the host may not be reached.</summary>
    public string Refusal(string host) =>
        _message.Replace("%s", host, StringComparison.Ordinal);

    /// <summary>The hosts, and what others are told.</summary>
    public override string ToString() => $"{rules}; others: {_message}";
}
