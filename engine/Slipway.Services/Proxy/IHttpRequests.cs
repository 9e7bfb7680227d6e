namespace Slipway.Services;

/// <summary>
/// Serves plain HTTP requests of guests: all but CONNECT. Not everything that the engine is linked
/// into has one.
/// </summary>
public interface IHttpRequests : IDisposable
{
    /// <summary>Serves a connection to its end; nothing of it has been read.</summary>
    /// <param name="connection">Owned from here on.</param>
    /// <param name="isTransparent">The guest does not know that it speaks to a proxy.</param>
    /// <param name="stop">The engine stops.</param>
    Task ServeAsync(GuestConnection connection, bool isTransparent, CancellationToken stop);
}
