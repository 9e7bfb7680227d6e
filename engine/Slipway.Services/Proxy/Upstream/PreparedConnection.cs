using System.Net.Sockets;

namespace Slipway.Services;

/// <summary>
/// A connection to an upstream, or to a target, on which nothing has been said yet. The next one
/// that is wanted to the same place takes it; it is closed when nobody has by the time that it is
/// disposed of.
/// </summary>
public sealed class PreparedConnection : IDisposable
{
    private readonly PreparedConnections _all;

    internal PreparedConnection(
        PreparedConnections all, (string Host, int Port) place, Socket socket, bool isDirect)
    {
        _all = all;
        Place = place;
        Socket = socket;
        IsDirect = isDirect;
    }

    /// <summary>It leads to the target itself.</summary>
    public bool IsDirect { get; }

    internal (string Host, int Port) Place { get; }

    internal Socket Socket { get; }

    public void Dispose()
    {
        if (_all.Remove(this))
        {
            Socket.Dispose();
        }
    }
}
