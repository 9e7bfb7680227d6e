namespace Slipway.Services;

/// <summary>
/// A port of UDP on the gateway for one guest; closed when it is disposed of. From any thread.
/// </summary>
public abstract class GuestRelay : IDisposable
{
    /// <summary>The port, to which the guest sends and from which it is answered.</summary>
    public ushort Port { get; protected set; }

    /// <summary>Sends the guest a datagram, or loses it when too many wait.</summary>
    /// <param name="guestPort">The guest's port.</param>
    /// <param name="datagram">At most 65507 bytes; copied.</param>
    public abstract void Send(ushort guestPort, ReadOnlySpan<byte> datagram);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
