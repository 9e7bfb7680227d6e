using System.Net.Sockets;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// Serves what guests find at port 80 of the gateway. Not everything that the engine is linked into
/// has one.
/// </summary>
public interface IGuestPages : IDisposable
{
    /// <summary>Serves a connection to its end. Never throws.</summary>
    /// <param name="connection">Owned from here on; nothing of it has been read.</param>
    /// <param name="guest">Whose it is.</param>
    /// <param name="link">The number of its link, which is who the guest is.</param>
    /// <param name="stop">The engine stops.</param>
    Task ServeAsync(Socket connection, IpEndpoint guest, int link, CancellationToken stop);
}
