using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Slipway.Linux;
using Slipway.Services;

namespace Slipway.Control;

/// <summary>
/// A guest's connection as Kestrel has it. It is read when Kestrel asks, and not before: what comes
/// behind a CONNECT can be given back with the socket, and the end of what the guest sends is seen
/// where the next request would be, when the answers to those before have been sent.
/// </summary>
internal sealed class GuestTransport : ConnectionContext, IDuplexPipe
{
    private static readonly StreamPipeReaderOptions s_reading = new(leaveOpen: true);
    private static readonly StreamPipeWriterOptions s_writing = new(leaveOpen: true);

    private readonly Socket _socket;

    // Never disposed of: it has no timer, and Kestrel may abort at any time.
    private readonly CancellationTokenSource _closed = new();
    private readonly GuestStream _stream;

    /// <param name="connection">The guest's, which stays the caller's to close.</param>
    /// <param name="isTransparent">The guest does not know that it speaks to a proxy.</param>
    public GuestTransport(GuestConnection connection, bool isTransparent)
    {
        _socket = connection.Socket;
        _stream = new GuestStream(_socket);
        Input = PipeReader.Create(_stream, s_reading);
        Output = PipeWriter.Create(_stream, s_writing);
        ConnectionClosed = _closed.Token;
        Features.Set(new GuestFeature(connection, isTransparent, this));
    }

    public override string ConnectionId { get; set; } = "";

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new ConnectionItems();

    public override IDuplexPipe Transport
    {
        get => this;
        set => throw new NotSupportedException("Kestrel speaks to the guest itself");
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    /// <summary>
    /// Looks each second, while Kestrel reads nothing, whether the guest is still there.
    /// </summary>
    public void Watch(IConnectionHeartbeatFeature heartbeat) =>
        heartbeat.OnHeartbeat(state => ((GuestTransport)state).Probe(), this);

    /// <summary>
    /// Takes the socket from Kestrel, within the request that comes last. The request is to be
    /// aborted; that touches the socket no more.
    /// </summary>
    /// <returns>What the guest has sent behind the request's head.</returns>
    public async ValueTask<byte[]> TakeAsync(CancellationToken stop)
    {
        await Output.FlushAsync(stop).ConfigureAwait(false);
        byte[] rest = [];
        if (Input.TryRead(out ReadResult read))
        {
            rest = new byte[read.Buffer.Length];
            System.Buffers.BuffersExtensions.CopyTo(read.Buffer, rest);
            Input.AdvanceTo(read.Buffer.End);
        }

        _stream.IsTaken = true;
        return rest;
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        _ = _closed.CancelAsync();
        if (_stream.IsTaken)
        {
            return;
        }

        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return; // it is shut down already
        }
    }

    // Nothing is sent: it fails when the other end of the pair has been closed. One that is only
    // shut down for sending takes what it is sent. Not by the runtime, which waits for more room.
    private void Probe()
    {
        bool isHeld = false;
        try
        {
            _socket.SafeHandle.DangerousAddRef(ref isHeld);
            int descriptor = (int)_socket.SafeHandle.DangerousGetHandle();
            if (!_stream.IsTaken && Sockets.Send(descriptor, []) == -Errno.EPIPE)
            {
                Abort(new ConnectionAbortedException("the guest has left"));
            }
        }
        catch (ObjectDisposedException)
        {
            return; // it is closed already
        }
        finally
        {
            if (isHeld)
            {
                _socket.SafeHandle.DangerousRelease();
            }
        }
    }

    // Kestrel looks for another request behind one that is aborted, and finds the end.
    private sealed class GuestStream(Socket socket) : NetworkStream(socket, ownsSocket: false)
    {
        private volatile bool _isTaken;

        public bool IsTaken
        {
            get => _isTaken;
            set => _isTaken = value;
        }

        public override ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            _isTaken ? ValueTask.FromResult(0) : base.ReadAsync(buffer, cancellationToken);
    }
}
