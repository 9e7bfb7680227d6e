using System.Text.Json.Serialization;

namespace Slipway.Control;

/// <summary>A published port, as the API tells it.</summary>
/// <param name="Id">Its number in the engine.</param>
/// <param name="Protocol">"tcp" or "udp".</param>
/// <param name="Host">
/// Where the host listens: "127.0.0.1:8080", "[::1]:80-90", "unix:/run/web".
/// </param>
/// <param name="Guest">Where it leads: "192.168.127.2:80", "web:80".</param>
/// <param name="Owner">What whoever published it wrote as its owner; or null.</param>
public sealed record PortReport(
    int Id, string Protocol, string Host, string Guest,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Owner = null);
