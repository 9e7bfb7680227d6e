using Slipway.Wire;

namespace Slipway.Control;

/// <summary>Whose connection to the gateway's pages a request came on.</summary>
/// <param name="Guest">The guest's address.</param>
internal sealed record GuestPageFeature(IpAddress Guest)
{
    /// <summary>Set when the HTTP server is done with the connection.</summary>
    public TaskCompletionSource Ended { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
}
