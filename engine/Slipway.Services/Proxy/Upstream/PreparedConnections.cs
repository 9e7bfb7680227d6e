using System.Net.Sockets;

namespace Slipway.Services;

/// <summary>
/// Connections that stand and are not used yet: as many as there are guests' connections that have
/// just been answered.
/// </summary>
internal sealed class PreparedConnections
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Host, int Port), HashSet<PreparedConnection>> _places = [];
    private volatile int _count;

    public PreparedConnection Add(string host, int port, Socket socket, bool isDirect)
    {
        PreparedConnection connection = new(this, (host, port), socket, isDirect);
        lock (_lock)
        {
            if (!_places.TryGetValue((host, port), out HashSet<PreparedConnection>? known))
            {
                known = [];
                _places.Add((host, port), known);
            }

            known.Add(connection);
            _count++;
        }

        return connection;
    }

    /// <summary>Takes one that leads there; null where there is none.</summary>
    public Socket? TryTake(string host, int port)
    {
        while (_count > 0 && TryTakeAny((host, port)) is Socket socket)
        {
            // One that is readable, with nothing to read, has ended.
            if (!socket.Poll(0, SelectMode.SelectRead) || socket.Available > 0)
            {
                return socket;
            }

            socket.Dispose();
        }

        return null;
    }

    /// <summary>True when it was still there: nobody has taken it.</summary>
    public bool Remove(PreparedConnection connection)
    {
        lock (_lock)
        {
            if (!_places.TryGetValue(connection.Place, out HashSet<PreparedConnection>? known)
                || !known.Remove(connection))
            {
                return false;
            }

            _count--;
            if (known.Count == 0)
            {
                _places.Remove(connection.Place);
            }

            return true;
        }
    }

    private Socket? TryTakeAny((string Host, int Port) place)
    {
        lock (_lock)
        {
            PreparedConnection? one = _places.GetValueOrDefault(place)?.First();
            return one is not null && Remove(one) ? one.Socket : null;
        }
    }
}
