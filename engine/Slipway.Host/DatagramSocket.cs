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

    /// <summary>TTL, type of service, segment size and source.</summary>
    private const int MostControlBytes =
        (3 * ControlMessage.NumberBytes) + ControlMessage.HeaderBytes + 24;

    private readonly Reactor _reactor;
    private readonly int _descriptor;
    private readonly DatagramFamily _family;
    private readonly bool _tellsLocal;
    private int _mtuDiscover = -1;

    /// <param name="reactor">Closes it.</param>
    /// <param name="descriptor">The socket.</param>
    /// <param name="family">What it is of.</param>
    /// <param name="tellsLocal">
    /// Whether datagrams are received with the address that they were sent to: of a socket that is
    /// bound to all of them.
    /// </param>
    internal DatagramSocket(
        Reactor reactor, int descriptor, DatagramFamily family, bool tellsLocal = false)
    {
        const int bufferBytes = 1 << 20;
        _reactor = reactor;
        _descriptor = descriptor;
        _family = family;
        _tellsLocal = tellsLocal;
        SetSocket(SocketOptions.ReceiveBuffer, bufferBytes);
        SetSocket(SocketOptions.SendBuffer, bufferBytes);
        SetFamily(family.ReceiveErrors, 1);

        if (tellsLocal)
        {
            SetFamily(family.KeepPacketInfo, 1);
        }

        // The host may have another default (ip_default_ttl, conf/*/hop_limit).
        SetFamily(family.DefaultTtl, DefaultTtl);
    }

    public IpEndpoint LocalEndpoint => SocketAddress.OfSocket(_descriptor);

    public HostError Send(in IpEndpoint remote, ReadOnlySpan<byte> payload, DatagramOptions options)
    {
        SetDontFragment(options.DontFragment);
        Span<byte> addressBytes = stackalloc byte[SocketAddress.MaximumLengthBytes];
        ReadOnlySpan<byte> address = SocketAddress.Write(addressBytes, remote);
        Span<byte> control = stackalloc byte[MostControlBytes];
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

        if (!options.Source.IsUnspecified && options.Source.IsIPv4 == _family.IsIPv4)
        {
            length += WriteSource(control[length..], options.Source);
        }

        return length;
    }

    // ip(7), ipv6(7): the interface is left to routing.
    private int WriteSource(Span<byte> control, IpAddress source)
    {
        Span<byte> info = stackalloc byte[_family.PacketInfoBytes];
        info.Clear();
        if (source.IsIPv4)
        {
            source.WriteIPv4(info[_family.LocalOffset..]);
        }
        else
        {
            source.WriteIPv6(info[_family.LocalOffset..]);
        }

        return ControlMessage.Write(control, _family.Level, _family.PacketInfo, info);
    }

    // Of a datagram to an address of the host's that others can be answered from.
    private IpAddress ReadLocal(ReadOnlySpan<byte> control)
    {
        ReadOnlySpan<byte> info = _tellsLocal
            ? ControlMessage.Find(control, _family.Level, _family.PacketInfo) : default;
        if (info.Length < _family.PacketInfoBytes)
        {
            return default;
        }

        info = info[_family.LocalOffset..];
        IpAddress local = _family.IsIPv4 ? IpAddress.ReadIPv4(info) : IpAddress.ReadIPv6(info);
        return local.IsMulticast || (!local.IsIPv4 && local.IsLinkLocal) ? default : local;
    }
}
