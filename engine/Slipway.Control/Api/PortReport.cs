namespace Slipway.Control;

/// <summary>A published port, as the API tells it.</summary>
/// <param name="Id">Its number in the engine.</param>
/// <param name="Protocol">"tcp" or "udp".</param>
/// <param name="Host">Where the host listens: "127.0.0.1:8080", "[::1]:8080".</param>
/// <param name="Guest">Where it leads.</param>
public sealed record PortReport(int Id, string Protocol, string Host, string Guest);
