using System.Net.Sockets;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>Connections that the host's side begins, to guests.</summary>
public sealed partial class NetworkEngine
{
    // RFC 6335 section 6: the dynamic ports.
    private const int FirstDynamicPort = 49_152;

    private int _lastDialed;

    /// <summary>
    /// Connects to a port of a guest; from any thread. To the guest it comes from the gateway.
    /// </summary>
    /// <param name="guest">The guest's address of either family, and its port.</param>
    /// <param name="cancellation">Ends the wait; so does the engine's end.</param>
    /// <returns>
    /// A connected stream socket, for asynchronous calls alone, that is the caller's to close, when
    /// the guest has answered. Its shutdown is a FIN to the guest; the guest's reset reads as an
    /// end.
    /// </returns>
    /// <remarks>
    /// A guest that is not there is asked for during three seconds; one that does not answer, for
    /// about two minutes.
    /// </remarks>
    /// <exception cref="GuestConnectException">The guest has not taken it.</exception>
    /// <exception cref="OperationCanceledException">The wait has been ended.</exception>
    /// <exception cref="ObjectDisposedException">The engine has ended.</exception>
    public async Task<Socket> ConnectGuestAsync(
        IpEndpoint guest, CancellationToken cancellation)
    {
        if (guest.Port == 0 || !_keeper.Stack.Settings.IsGuest(guest.Address))
        {
            throw new GuestConnectException(guest, HostError.NetworkUnreachable);
        }

        int port = FirstDynamicPort + (int)((uint)Interlocked.Increment(ref _lastDialed)
            % (1 + ushort.MaxValue - FirstDynamicPort));
        GuestDial dial = new(_keeper, guest, (ushort)port);
        using CancellationTokenRegistration registration = cancellation.Register(
            () => dial.GiveUp(cancellation));
        _keeper.Mailbox.Post(dial);
        return await dial.Done.ConfigureAwait(false);
    }
}
