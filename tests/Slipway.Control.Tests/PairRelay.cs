using System.Threading.Channels;
using Slipway.Services;

namespace Slipway.Control.Tests;

/// <summary>A relay's port without an engine: the test is the guest behind it.</summary>
internal sealed class PairRelay : GuestRelay
{
    private readonly IRelayReceiver _receiver;
    private readonly Channel<(ushort Port, byte[] Datagram)> _toGuest =
        Channel.CreateUnbounded<(ushort, byte[])>();

    public PairRelay(IRelayReceiver receiver)
    {
        _receiver = receiver;
        Port = 40_000;
    }

    public TaskCompletionSource Closed { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The guest sends.</summary>
    public void SendFromGuest(ushort port, ReadOnlySpan<byte> datagram) =>
        _receiver.Receive(port, datagram);

    /// <summary>What the guest gets next.</summary>
    public ValueTask<(ushort Port, byte[] Datagram)> ReceiveAsync(CancellationToken stop) =>
        _toGuest.Reader.ReadAsync(stop);

    /// <summary>What has come, and has not been taken.</summary>
    public int WaitingCount => _toGuest.Reader.Count;

    public override void Send(ushort guestPort, ReadOnlySpan<byte> datagram) =>
        _toGuest.Writer.TryWrite((guestPort, datagram.ToArray()));

    protected override void Dispose(bool disposing) => Closed.TrySetResult();
}
