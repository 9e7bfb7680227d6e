using Slipway.Linux;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Host;

/// <summary>
/// A UDP or ICMP echo socket of the host, unconnected, of either family, with errors reported
/// (IP_RECVERR, IPV6_RECVERR). Send and receive here; the error queue is in the other file.
/// </summary>
internal sealed partial class DatagramSocket : IHostDatagramSocket
{
    /// <summary>The socket's own (RFC 1700); others go in a control message.</summary>
    private const int DefaultTtl = 64;

    /// <summary>
    /// A pending error belongs to an earlier datagram; the call after it is the real one.
    /// </summary>
    private const int PendingErrors = 4;

    private readonly Reactor _reactor;
    private readonly int _descriptor;
    private readonly DatagramFamily _family;
    private int _mtuDiscover = -1;

    internal DatagramSocket(Reactor reactor, int descriptor, DatagramFamily family)
    {
        const int bufferBytes = 1 << 20;
        _reactor = reactor;
        _descriptor = descriptor;
        _family = family;
        SetSocket(SocketOptions.ReceiveBuffer, bufferBytes);
        SetSocket(SocketOptions.SendBuffer, bufferBytes);
        SetFamily(family.ReceiveErrors, 1);

        // The host may have another default (ip_default_ttl, conf/*/hop_limit).
        SetFamily(family.DefaultTtl, DefaultTtl);
    }

    public IpEndpoint LocalEndpoint => SocketAddress.OfSocket(_descriptor);

    public HostError Send(in IpEndpoint remote, ReadOnlySpan<byte> payload, DatagramOptions options)
    {
        SetDontFragment(options.DontFragment);
        Span<byte> addressBytes = stackalloc byte[SocketAddress.MaximumLengthBytes];
        ReadOnlySpan<byte> address = SocketAddress.Write(addressBytes, remote);
        Span<byte> control = stackalloc byte[2 * ControlMessage.NumberBytes];
        control = control[..WriteControl(control, options)];
        int sent = -1;
        for (int attempt = 0; attempt < PendingErrors && sent < 0; attempt++)
        {
            sent = Sockets.SendMessage(_descriptor, payload, address, control);
            if (-sent is Errno.EAGAIN or Errno.EMSGSIZE or Errno.EACCES or Errno.EPERM)
            {
                break; // these are of this datagram, whatever was pending
            }
        }

        if (sent == -Errno.EMSGSIZE)
        {
            RememberTooLong(remote, payload);
        }

        return HostErrors.From(sent);
    }

    public HostIo Receive(Span<byte> destination, out IpEndpoint remote)
    {
        Span<byte> address = stackalloc byte[SocketAddress.MaximumLengthBytes];
        int received = -1;
        for (int attempt = 0; attempt < PendingErrors && received < 0; attempt++)
        {
            received = Sockets.ReceiveFrom(_descriptor, destination, address, out _);
            if (received == -Errno.EAGAIN)
            {
                break;
            }
        }

        remote = received < 0 ? default : SocketAddress.Read(address);
        return received < 0
            ? HostIo.Failed(HostErrors.From(received)) : HostIo.Moved(received);
    }

    public void Close() => _reactor.Close(_descriptor);

    private void SetSocket(int option, int value) =>
        _ = SocketOptions.Set(_descriptor, SocketOptions.LevelSocket, option, value);

    private void SetFamily(int option, int value) =>
        _ = SocketOptions.Set(_descriptor, _family.Level, option, value);

    private void SetDontFragment(bool dontFragment)
    {
        int wanted = dontFragment ? SocketOptions.MtuDiscoverDo : SocketOptions.MtuDiscoverDont;
        if (_mtuDiscover != wanted)
        {
            _mtuDiscover = wanted;
            SetFamily(_family.MtuDiscover, wanted);
        }
    }

    private int WriteControl(Span<byte> control, DatagramOptions options)
    {
        int length = 0;
        if (options.Ttl != DefaultTtl)
        {
            length = ControlMessage.Write(
                control, _family.Level, _family.Ttl, options.Ttl);
        }

        if (options.TypeOfService != 0)
        {
            length += ControlMessage.Write(
                control[length..], _family.Level, _family.TypeOfService, options.TypeOfService);
        }

        return length;
    }
}
