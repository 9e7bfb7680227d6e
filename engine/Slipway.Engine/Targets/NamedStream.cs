using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// A TCP connection to a host known by name: it connects when the name has been looked up, to one
/// address after the other until one answers. The worker's alone.
/// </summary>
internal sealed class NamedStream(IHostNetwork network, IReadinessOwner owner) : IHostStream
{
    private IReadOnlyList<IpEndpoint> _endpoints = [];
    private int _next;
    private HostError _state = HostError.InProgress;
    private IHostStream? _connection;
    private bool _isClosed;

    public IpEndpoint LocalEndpoint => _connection?.LocalEndpoint ?? default;

    public IpEndpoint RemoteEndpoint => _connection?.RemoteEndpoint ?? default;

    /// <summary>
    /// The name has been looked up. Null where it could not be asked: the guest hears nothing, and
    /// tries again.
    /// </summary>
    public void Begin(IReadOnlyList<IpEndpoint>? endpoints, Instant now)
    {
        if (_isClosed)
        {
            return;
        }

        _endpoints = endpoints ?? [];
        _state = endpoints is null ? HostError.TimedOut : HostError.HostUnreachable;
        if (!TryNext())
        {
            owner.OnReady(Readiness.Error, now);
        }
    }

    public HostError FinishConnect()
    {
        if (_connection is null)
        {
            return _state;
        }

        HostError error = _connection.FinishConnect();
        if (error is HostError.None or HostError.InProgress)
        {
            return error;
        }

        _connection.Close(reset: false);
        _connection = null;
        _state = error;
        return TryNext() ? HostError.InProgress : _state;
    }

    public HostIo Peek(long offsetBytes, Span<byte> destination) =>
        _connection?.Peek(offsetBytes, destination) ?? HostIo.Failed(HostError.WouldBlock);

    public HostError Discard(long lengthBytes) =>
        _connection?.Discard(lengthBytes) ?? HostError.Reset;

    public HostIo Send(ReadOnlySpan<byte> payload) =>
        _connection?.Send(payload) ?? HostIo.Failed(HostError.WouldBlock);

    public HostIo Send(GatheredText text) =>
        _connection?.Send(text) ?? HostIo.Failed(HostError.WouldBlock);

    public HostError ShutdownSend() => _connection?.ShutdownSend() ?? HostError.None;

    public void Close(bool reset)
    {
        _isClosed = true;
        _connection?.Close(reset);
    }

    // Connects to the next address that there is; what the last one said is the outcome.
    private bool TryNext()
    {
        while (_next < _endpoints.Count)
        {
            _state = network.ConnectTcp(_endpoints[_next++], owner, out _connection);
            if (_connection is not null)
            {
                return true;
            }
        }

        return false;
    }
}
