using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>What arrives, and from whom.</summary>
public sealed partial class DatagramLink
{
    /// <summary>vfkit's first datagram, which tells its address and is no frame.</summary>
    private static ReadOnlySpan<byte> Greeting => "VFKT"u8;

    public void OnReady(Readiness readiness, Instant now)
    {
        Span<byte> address = stackalloc byte[UnixAddress.MaximumLengthBytes];
        int most = FramesPerTurn;
        DatagramPort? before = null;
        for (int i = 0; i < most && _isOpen; i++)
        {
            int received = Sockets.ReceiveFrom(
                _descriptor, _received, address, out int addressBytes);
            if (received < 0)
            {
                OnReceiveFailed(-received, readiness, now);
                return;
            }

            if (FindOrAdd(address[..Math.Min(addressBytes, address.Length)], now)
                is not DatagramPort port)
            {
                continue;
            }

            if (port != before)
            {
                // What others send lies behind it: of several, the least has its way.
                before = port;
                most = Math.Min(most, _receiver!.FramesAtOnce(port, now));
            }

            port.Heard = now;
            ReadOnlySpan<byte> frame = _received.AsSpan(0, received);
            if (received > 0 && !frame.SequenceEqual(Greeting))
            {
                _receiver!.OnFrame(port, frame, now);
            }
        }
    }

    private void OnReceiveFailed(int errno, Readiness readiness, Instant now)
    {
        // With nothing to read and no error pending, EPOLLHUP is what was told: it will not cease.
        bool isOver = errno == Errno.EAGAIN
            ? (readiness & Readiness.Error) != 0 : errno != Errno.EINTR;
        if (isOver && IsConnected && _ports.Count > 0)
        {
            ClosePort(_ports[0], now);
        }
    }

    private DatagramPort? FindOrAdd(ReadOnlySpan<byte> address, Instant now)
    {
        if (IsConnected)
        {
            return _ports[0];
        }

        if (_last is not null && address.SequenceEqual(_last.Address))
        {
            return _last;
        }

        if (address.Length <= UnixAddress.FamilyLengthBytes)
        {
            ReportUnbound();
            return null;
        }

        foreach (DatagramPort port in _ports)
        {
            if (address.SequenceEqual(port.Address))
            {
                return _last = port;
            }
        }

        if (_ports.Count == MaximumGuests)
        {
            ClosePort(LongestSilent(), now);
        }

        return _last = AddPort(address, now);
    }

    private DatagramPort AddPort(ReadOnlySpan<byte> address, Instant now)
    {
        DatagramPort port = new(this, address, _mtuBytes) { Heard = now };
        _ports.Add(port);
        _receiver!.OnPortOpened(port, now);
        return port;
    }

    private DatagramPort LongestSilent()
    {
        DatagramPort silent = _ports[0];
        foreach (DatagramPort port in _ports)
        {
            silent = port.Heard < silent.Heard ? port : silent;
        }

        return silent;
    }

    private void ReportUnbound()
    {
        if (!_unboundReported)
        {
            _unboundReported = true;
            _report($"{Description}: a guest's socket has no address to answer to; "
                + "have it bind to a path of its own (QEMU: local.type=unix,local.path=...)");
        }
    }
}
