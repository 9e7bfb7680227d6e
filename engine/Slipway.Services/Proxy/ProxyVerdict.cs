using System.Net;

namespace Slipway.Services;

/// <summary>Whether a guest may go somewhere by the proxy.</summary>
/// <param name="Refusal">Why not, for the guest and the log; null when it may.</param>
/// <param name="Loopback">
/// The host's own address when it is the host that is meant: dialed directly, whatever upstream is
/// set.
/// </param>
public readonly record struct ProxyVerdict(string? Refusal, IPAddress? Loopback)
{
    public static ProxyVerdict Allowed => default;

    public static ProxyVerdict Refused(string why) => new(why, null);
}
