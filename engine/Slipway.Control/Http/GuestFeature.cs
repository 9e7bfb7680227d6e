using Slipway.Services;

namespace Slipway.Control;

/// <summary>Whose connection a request came on.</summary>
/// <param name="Connection">The guest's.</param>
/// <param name="IsTransparent">The guest does not know that it speaks to a proxy.</param>
/// <param name="Transport">The same connection as Kestrel has it.</param>
internal sealed record GuestFeature(
    GuestConnection Connection, bool IsTransparent, GuestTransport Transport)
{
    /// <summary>The CONNECT that ended it; null where there was none.</summary>
    public ConnectRequest? Connect { get; set; }
}
