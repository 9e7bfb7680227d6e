using System.Net.Sockets;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// A connection from the engine's own host to a guest: a flow whose host stream is one end of a
/// socket pair, whose other end goes to the caller when the guest has answered.
/// </summary>
internal sealed class GuestDial(
    KeeperWorker keeper, IpEndpoint guest, ushort port) : Command, IFlowOrigin, IDisposable
{
    private readonly TaskCompletionSource<Socket> _done =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Whoever takes it has it; the caller that waits no more closes it.
    private SafeSocketHandle? _far;

    public Task<Socket> Done => _done.Task;

    public override void Run(Instant now)
    {
        if (_done.Task.IsCompleted)
        {
            return;
        }

        HostError error = keeper.Network.OpenPair(
            out IHostStream? stream, out SafeSocketHandle? far);
        if (stream is null)
        {
            Fail(error);
            return;
        }

        Volatile.Write(ref _far, far);
        if (_done.Task.IsCompleted)
        {
            Drop(); // given up in between
        }

        keeper.Accept(stream, new IpEndpoint(default, port), guest, now, this);
    }

    public void OnAnswered(HostError error)
    {
        if (error != HostError.None)
        {
            Fail(error);
        }
        else if (Interlocked.Exchange(ref _far, null) is SafeSocketHandle far)
        {
            Socket socket = new(far);
            if (!_done.TrySetResult(socket))
            {
                socket.Dispose();
            }
        }
    }

    /// <summary>The caller waits no more: the guest's connection ends as it is answered.</summary>
    public void GiveUp(CancellationToken cancellation)
    {
        _done.TrySetCanceled(cancellation);
        Drop();
    }

    /// <summary>The engine has ended.</summary>
    public void Dispose()
    {
        _done.TrySetException(new ObjectDisposedException(nameof(NetworkEngine)));
        Drop();
    }

    private void Fail(HostError error)
    {
        _done.TrySetException(new GuestConnectException(guest, error));
        Drop();
    }

    private void Drop() => Interlocked.Exchange(ref _far, null)?.Dispose();
}
