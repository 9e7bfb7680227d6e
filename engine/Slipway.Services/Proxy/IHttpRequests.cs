namespace Slipway.Services;

/// <summary>
/// Serves plain HTTP requests of guests: all but CONNECT. Not everything that the engine is linked
/// into has one.
/// </summary>
public interface IHttpRequests : IDisposable
{
    /// <summary>
    /// Serves a connection to its end, or to a CONNECT, which is returned: the connection is then
    /// the caller's to go on with. Nothing of it has been read.
    /// </summary>
    /// <param name="connection">Stays the caller's to close.</param>
    /// <param name="isTransparent">The guest does not know that it speaks to a proxy.</param>
    /// <param name="stop">The engine stops.</param>
    Task<ConnectRequest?> ServeAsync(
        GuestConnection connection, bool isTransparent, CancellationToken stop);
}
