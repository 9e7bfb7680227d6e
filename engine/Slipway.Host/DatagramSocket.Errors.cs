using Slipway.Linux;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Host;

/// <summary>
/// The error queue of a datagram socket (ip(7), IP_RECVERR; ipv6(7), IPV6_RECVERR): who said what
/// about which datagram.
/// </summary>
internal sealed partial class DatagramSocket
{
    private const int ControlBufferBytes = 256;

    /// <summary>struct sock_extended_err, which the offender's address follows.</summary>
    private const int ExtendedErrorBytes = 16;

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
            control[..controlBytes], _family.Level, _family.ReceiveErrors);
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

    private HostErrorReport ToReport(
        ReadOnlySpan<byte> error, IpEndpoint remote, int quotedLengthBytes)
    {
        int errno = BitConverter.ToInt32(error);
        int information = BitConverter.ToInt32(error[8..]);
        bool isByIcmp = error[4] == _family.ErrorOrigin;
        (byte Type, byte Code) icmp = isByIcmp ? (error[5], error[6]) : errno switch
        {
            Errno.EMSGSIZE => _family.TooLong,
            Errno.ECONNREFUSED => _family.PortUnreachable,
            _ => _family.HostUnreachable,
        };
        IpAddress offender = isByIcmp && error.Length >= ExtendedErrorBytes + _family.AddressBytes
            ? SocketAddress.Read(error[ExtendedErrorBytes..]).Address : _family.Unspecified;
        return new HostErrorReport(
            remote, offender, icmp.Type, icmp.Code, icmp == _family.TooLong ? information : 0,
            quotedLengthBytes);
    }
}
