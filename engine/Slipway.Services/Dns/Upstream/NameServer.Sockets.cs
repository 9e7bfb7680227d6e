using System.Net.Sockets;

namespace Slipway.Services;

/// <summary>
/// The sockets of UDP: some at a time, so that ports differ, and none while nobody asks.
/// </summary>
internal sealed partial class NameServer
{
    private const int MaxSockets = 8;
    private static readonly TimeSpan s_idleTime = TimeSpan.FromSeconds(10);
    private readonly List<NameServerSocket> _sockets = [];
    private readonly Lock _lock = new();
    private Timer? _idle;
    private bool _disposed;

    private NameServerSocket? PickSocket()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return null;
            }

            // One that has served its number is closed when its last answer has come.
            _sockets.RemoveAll(socket =>
            {
                bool spent = socket.IsFull && socket.IsIdle;
                if (spent)
                {
                    socket.Dispose();
                }

                return spent;
            });
            int first = NameServerSocket.RandomId();
            if (_sockets.Count >= MaxSockets)
            {
                for (int i = 0; i < _sockets.Count; i++)
                {
                    NameServerSocket socket = _sockets[(first + i) % _sockets.Count];
                    if (!socket.IsFull)
                    {
                        return socket;
                    }
                }
            }

            // With all of them spent and each waiting for somebody: one serves on for a while.
            return (_sockets.Count < 2 * MaxSockets ? OpenSocket() : null)
                ?? (_sockets.Count > 0 ? _sockets[first % _sockets.Count] : null);
        }
    }

    private NameServerSocket? OpenSocket()
    {
        try
        {
            NameServerSocket socket = new(endpoint.EndPoint);
            _sockets.Add(socket);
            _idle ??= new Timer(
                static state => ((NameServer)state!).CloseIdle(), this, s_idleTime, s_idleTime);
            return socket;
        }
        catch (SocketException)
        {
            // No descriptors or no route: as a server that does not answer.
            return null;
        }
    }

    private void CloseIdle()
    {
        lock (_lock)
        {
            long before = Environment.TickCount64 - (long)s_idleTime.TotalMilliseconds;
            _sockets.RemoveAll(socket =>
            {
                bool idle = socket.IsIdle && socket.LastUsedMs < before;
                if (idle)
                {
                    socket.Dispose();
                }

                return idle;
            });
            if (_sockets.Count == 0)
            {
                _idle?.Dispose();
                _idle = null;
            }
        }
    }
}
