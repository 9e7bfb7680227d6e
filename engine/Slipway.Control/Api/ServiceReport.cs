namespace Slipway.Control;

/// <summary>A service, or intercepted traffic, as the API tells it.</summary>
/// <param name="Id">Its number in the engine.</param>
/// <param name="Name">Its name; null for none.</param>
/// <param name="Destination">What guests send to: an address, or "10.1.0.0/16".</param>
/// <param name="Ports">"80", or "80-90".</param>
/// <param name="Target">Where it leads: "unix:/run/registry.sock".</param>
public sealed record ServiceReport(
    int Id, string? Name, string Destination, string Ports, string Target);
