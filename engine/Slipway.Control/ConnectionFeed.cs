using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace Slipway.Control;

/// <summary>
/// Gives Kestrel connections that somebody else has accepted: no port is bound for it, and it is
/// started when the first one comes.
/// </summary>
internal sealed class ConnectionFeed : IConnectionListenerFactory, IConnectionListener
{
    private readonly Channel<ConnectionContext> _waiting =
        Channel.CreateUnbounded<ConnectionContext>();

    private readonly SocketConnectionContextFactory _contexts = new(
        new SocketConnectionFactoryOptions(), NullLogger.Instance);

    public EndPoint EndPoint { get; } = new FeedEndPoint();

    /// <summary>Hands over a connected socket.</summary>
    public void Add(Socket socket)
    {
        if (!_waiting.Writer.TryWrite(_contexts.Create(socket)))
        {
            socket.Dispose();
        }
    }

    public ValueTask<IConnectionListener> BindAsync(
        EndPoint endpoint, CancellationToken cancellationToken = default) => new(this);

    public async ValueTask<ConnectionContext?> AcceptAsync(
        CancellationToken cancellationToken = default)
    {
        try
        {
            return await _waiting.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            return null;
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _waiting.Writer.TryComplete();
        return default;
    }

    public ValueTask DisposeAsync()
    {
        _contexts.Dispose();
        return default;
    }

    private sealed class FeedEndPoint : EndPoint
    {
        public override string ToString() => "accepted elsewhere";
    }
}
