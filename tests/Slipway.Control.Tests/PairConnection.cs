using System.Net.Sockets;
using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Control.Tests;

/// <summary>
/// A guest's connection without an engine: what is handed over is copied, as the flow would do.
/// </summary>
internal sealed class PairConnection(
    Socket far, IpEndpoint guest, int link, IpEndpoint destination)
    : GuestConnection(far, guest, link, destination)
{
    private bool _isGone;

    /// <summary>The upstream that took its place.</summary>
    public TaskCompletionSource HandedOver { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource<HostError> Failed { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The port of UDP that was opened for it.</summary>
    public TaskCompletionSource<PairRelay> Relay { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override Task<GuestRelay?> OpenRelayAsync(IRelayReceiver receiver)
    {
        PairRelay relay = new(receiver);
        Relay.TrySetResult(relay);
        return Task.FromResult<GuestRelay?>(relay);
    }

    public override void HandOver(Socket upstream)
    {
        _isGone = true;
        Socket kept = new(new SafeSocketHandle(
            Linux.Files.Duplicate((int)upstream.SafeHandle.DangerousGetHandle()), true));
        _ = Task.Run(() => CopyAsync(Socket, kept));
        _ = Task.Run(() => CopyAsync(kept, Socket));
        HandedOver.TrySetResult();
    }

    /// <summary>The guest's SYN has been answered.</summary>
    public TaskCompletionSource Answered { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override void Answer() => Answered.TrySetResult();

    public override void Fail(HostError error) => Failed.TrySetResult(error);

    protected override void Dispose(bool disposing)
    {
        if (!_isGone)
        {
            base.Dispose(disposing);
        }
    }

    private static async Task CopyAsync(Socket from, Socket to)
    {
        byte[] buffer = new byte[16_384];
        int read;
        while ((read = await from.ReceiveAsync(buffer)) > 0)
        {
            await to.SendAsync(buffer.AsMemory(0, read));
        }

        to.Shutdown(SocketShutdown.Send);
    }
}
