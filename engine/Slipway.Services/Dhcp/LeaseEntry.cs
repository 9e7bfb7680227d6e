using Slipway.Wire;

namespace Slipway.Services;

/// <summary>A lease as it is published and stored: immutable.</summary>
/// <param name="Client">
/// Option 61's bytes, or hardware type and address. Not to be written to.
/// </param>
/// <param name="HostName">The client's name, one label in lower case; null for none.</param>
/// <param name="ExpiresSeconds">When the lease ends or ended, in Unix seconds.</param>
/// <param name="IsStatic">
/// Configured: its address and name stand whether it is in use or not.
/// </param>
public sealed record LeaseEntry(
    IpAddress Address,
    MacAddress Mac,
    byte[] Client,
    string? HostName,
    long ExpiresSeconds,
    bool IsStatic)
{
    /// <summary>
    /// The name that the client asked for and did not get, as another guest has it; null for none.
    /// </summary>
    public string? DeniedName { get; init; }

    public DateTimeOffset Expires => DateTimeOffset.FromUnixTimeSeconds(ExpiresSeconds);

    /// <summary>True while the client has the address.</summary>
    public bool IsActive(DateTimeOffset now) => ExpiresSeconds > now.ToUnixTimeSeconds();
}
