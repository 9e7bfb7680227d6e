using Slipway.Linux;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Host;

/// <summary>
/// The error queue of a datagram socket (ip(7), IP_RECVERR): who said what about which datagram.
/// </summary>
internal sealed unsafe partial class DatagramSocket
{
    private const int ControlBufferBytes = 256;
    private const int ControlHeaderBytes = 16;

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
        byte* control = stackalloc byte[ControlBufferBytes];
        fixed (byte* name = address)
        fixed (byte* first = quoted)
        {
            IoVector vector = new() { Base = first, Length = (nuint)quoted.Length };
            MessageHeader message = new()
            {
                Name = name,
                NameLength = SocketAddress.MaximumLengthBytes,
                Vectors = &vector,
                VectorCount = 1,
                Control = control,
                ControlLength = ControlBufferBytes,
            };
            int received = Sockets.ReceiveMessage(
                _descriptor, &message, Sockets.MessageErrorQueue);
            report = default;
            if (received < 0 || !TryParse(
                new ReadOnlySpan<byte>(control, (int)message.ControlLength),
                SocketAddress.Read(address), received, out report))
            {
                return false;
            }
        }

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

    /// <summary>Finds the extended error among the control messages.</summary>
    private static bool TryParse(
        ReadOnlySpan<byte> control, IpEndpoint remote, int quotedLengthBytes,
            out HostErrorReport report)
    {
        report = default;
        while (control.Length >= ControlHeaderBytes)
        {
            int length = (int)BitConverter.ToUInt64(control);
            if (length < ControlHeaderBytes || length > control.Length)
            {
                return false;
            }

            ReadOnlySpan<byte> body = control[ControlHeaderBytes..length];
            if (BitConverter.ToInt32(control[8..]) == SocketOptions.LevelIp
                && BitConverter.ToInt32(control[12..]) == SocketOptions.IpReceiveErrors
                && body.Length >= ExtendedErrorBytes)
            {
                report = ToReport(body, remote, quotedLengthBytes);
                return true;
            }

            int aligned = (length + 7) & ~7;
            control = aligned >= control.Length ? default : control[aligned..];
        }

        return false;
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
