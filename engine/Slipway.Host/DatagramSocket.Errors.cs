using Slipway.Linux;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Host;

/// <summary>
/// The error queue of a datagram socket (ip(7), IP_RECVERR): who said what about which datagram.
/// </summary>
internal sealed partial class DatagramSocket
{
    private const int ControlBufferBytes = 256;

    /// <summary>struct sock_extended_err, which the offender's address follows.</summary>
    private const int ExtendedErrorBytes = 16;

    private const byte OriginIcmp = 2;
    private const byte DestinationUnreachable = 3;
    private const byte HostUnreachable = 1;
    private const byte PortUnreachable = 3;
    private const byte FragmentationNeeded = 4;

    // A report of the host's own names neither the port nor the payload (ip_local_error): they are
    // those of the last datagram that was too long, since it is made while that one is sent.
    private readonly byte[] _tooLongQuote = new byte[32];
    private IpEndpoint _tooLongRemote;
    private int _tooLongQuoteBytes;

    public bool TryReceiveError(Span<byte> quoted, out HostErrorReport report)
    {
        Span<byte> address = stackalloc byte[SocketAddress.MaximumLengthBytes];
        Span<byte> control = stackalloc byte[ControlBufferBytes];
        report = default;
        int received = Sockets.ReceiveError(
            _descriptor, quoted, address, control, out int controlBytes);
        if (received < 0)
        {
            return false;
        }

        ReadOnlySpan<byte> error = ControlMessage.Find(
            control[..controlBytes], SocketOptions.LevelIp, SocketOptions.IpReceiveErrors);
        if (error.Length < ExtendedErrorBytes)
        {
            return false;
        }

        report = ToReport(error, SocketAddress.Read(address), received);
        report = report is { Offender.IsUnspecified: true, MtuBytes: > 0 }
            ? CompleteTooLong(report, quoted) : report;
        return true;
    }

    private void RememberTooLong(in IpEndpoint remote, ReadOnlySpan<byte> payload)
    {
        _tooLongRemote = remote;
        _tooLongQuoteBytes = Math.Min(payload.Length, _tooLongQuote.Length);
        payload[.._tooLongQuoteBytes].CopyTo(_tooLongQuote);
    }

    private HostErrorReport CompleteTooLong(HostErrorReport report, Span<byte> quoted)
    {
        int length = Math.Min(_tooLongQuoteBytes, quoted.Length);
        _tooLongQuote.AsSpan(0, length).CopyTo(quoted);
        return report with { Remote = _tooLongRemote, QuotedLengthBytes = length };
    }

    private static HostErrorReport ToReport(
        ReadOnlySpan<byte> error, IpEndpoint remote, int quotedLengthBytes)
    {
        int errno = BitConverter.ToInt32(error);
        byte origin = error[4];
        int information = BitConverter.ToInt32(error[8..]);
        if (origin == OriginIcmp)
        {
            IpAddress offender = error.Length > ExtendedErrorBytes + 8
                ? SocketAddress.Read(error[ExtendedErrorBytes..]).Address : IpAddress.IPv4Any;
            bool fragmentation = error[5] == DestinationUnreachable
                && error[6] == FragmentationNeeded;
            return new HostErrorReport(
                remote, offender, error[5], error[6], fragmentation ? information : 0,
                    quotedLengthBytes);
        }

        byte code = errno switch
        {
            Errno.EMSGSIZE => FragmentationNeeded,
            Errno.ECONNREFUSED => PortUnreachable,
            _ => HostUnreachable,
        };
        return new HostErrorReport(
            remote, IpAddress.IPv4Any, DestinationUnreachable, code,
            errno == Errno.EMSGSIZE ? information : 0, quotedLengthBytes);
    }
}
