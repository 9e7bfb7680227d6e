using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Slipway.Control;

/// <summary>
/// What a web server takes for its transport: connections that somebody else has accepted. No port
/// is bound, and the server is started when the first one comes.
/// </summary>
internal sealed class ConnectionFeed : IConnectionListenerFactory, IConnectionListener
{
    private readonly Channel<ConnectionContext> _arrived =
        Channel.CreateUnbounded<ConnectionContext>();

    /// <summary>A name for it: nothing listens there.</summary>
    public EndPoint EndPoint { get; private set; } = new IPEndPoint(IPAddress.None, 0);

    /// <summary>Gives the server a connection; false when it has stopped.</summary>
    public bool TryAdd(ConnectionContext connection) => _arrived.Writer.TryWrite(connection);

    public ValueTask<IConnectionListener> BindAsync(
        EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        EndPoint = endpoint;
        return ValueTask.FromResult<IConnectionListener>(this);
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(
        CancellationToken cancellationToken = default)
    {
        while (await _arrived.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_arrived.Reader.TryRead(out ConnectionContext? connection))
            {
                return connection;
            }
        }

        return null;
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _arrived.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => UnbindAsync(CancellationToken.None);
}
