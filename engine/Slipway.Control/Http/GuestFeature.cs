using Slipway.Services;

namespace Slipway.Control;

/// <summary>Whose connection a request came on.</summary>
/// <param name="Connection">The guest's.</param>
/// <param name="IsTransparent">The guest does not know that it speaks to a proxy.</param>
internal sealed record GuestFeature(GuestConnection Connection, bool IsTransparent)
{
    /// <summary>Set when the HTTP server is done with the connection.</summary>
    public TaskCompletionSource Ended { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
}
