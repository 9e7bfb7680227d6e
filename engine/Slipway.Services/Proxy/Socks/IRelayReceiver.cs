namespace Slipway.Services;

/// <summary>Takes the datagrams that a guest sends to a port of the gateway's.</summary>
public interface IRelayReceiver
{
    /// <summary>Takes one; on the worker, where it must not wait.</summary>
    /// <param name="guestPort">The guest's port.</param>
    /// <param name="datagram">Valid during the call only.</param>
    void Receive(ushort guestPort, ReadOnlySpan<byte> datagram);
}
