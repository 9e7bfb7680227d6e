using Slipway.Linux;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Host;

/// <summary>
/// A listening socket, of TCP or a Unix one. Out of descriptors, a connection that waits would keep
/// it ready for ever: a reserve descriptor is given up to accept and close it, so the client is
/// refused at once. Where that cannot be, for want of memory or of the reserve, the socket rests
/// for a while.
/// </summary>
internal sealed class StreamListener : IHostListener, IReadinessOwner
{
    private const long PauseNanoseconds = 100_000_000;

    private readonly Reactor _reactor;
    private readonly int _descriptor;
    private readonly bool _isUnix;
    private readonly bool _usePeekOffset;
    private readonly int _ceiling;
    private readonly IReadinessOwner _owner;
    private readonly int _timer = TimerDescriptor.Create();
    private int _reserve = OpenReserve();

    /// <summary>Watches the socket for its owner.</summary>
    internal StreamListener(
        Reactor reactor, int descriptor, bool isUnix, bool usePeekOffset, int ceiling,
        IReadinessOwner owner)
    {
        _reactor = reactor;
        _descriptor = descriptor;
        _isUnix = isUnix;
        _usePeekOffset = usePeekOffset;
        _ceiling = ceiling;
        _owner = owner;
        reactor.WatchListener(descriptor, owner);
        if (_timer >= 0)
        {
            reactor.WatchListener(_timer, this);
        }
    }

    public IpEndpoint LocalEndpoint => HostSockets.LocalOf(_descriptor);

    public HostError Accept(out IHostStream? stream, out IpEndpoint client)
    {
        Span<byte> address = stackalloc byte[SocketAddress.MaximumLengthBytes];
        stream = null;
        client = default;
        int accepted = Sockets.Accept(_descriptor, address);
        if (-accepted is Errno.EMFILE or Errno.ENFILE or Errno.ENOBUFS or Errno.ENOMEM)
        {
            if (!TryRefuse(address))
            {
                Pause();
            }

            return HostError.NoResources;
        }

        if (accepted < 0)
        {
            return HostErrors.From(accepted);
        }

        if (accepted >= _ceiling || HostMemory.IsShort())
        {
            Refuse(accepted);
            return HostError.NoResources;
        }

        if (_isUnix)
        {
            stream = new UnixStream(_reactor, accepted, null);
            return HostError.None;
        }

        client = SocketAddress.Read(address);
        stream = new TcpStream(_reactor, accepted, _usePeekOffset);
        return HostError.None;
    }

    public void Close()
    {
        _reactor.Unwatch(_descriptor);
        Files.Close(_descriptor);
        if (_timer >= 0)
        {
            _reactor.Unwatch(_timer);
            Files.Close(_timer);
        }

        if (_reserve >= 0)
        {
            Files.Close(_reserve);
        }
    }

    /// <summary>The pause is over.</summary>
    public void OnReady(Readiness readiness, Instant now)
    {
        Span<byte> expirations = stackalloc byte[sizeof(ulong)];
        _ = Files.Read(_timer, expirations);
        _reactor.WatchListener(_descriptor, _owner);
    }

    private void Pause()
    {
        if (_timer >= 0 && TimerDescriptor.Set(_timer, PauseNanoseconds) == 0)
        {
            _reactor.Unwatch(_descriptor);
        }
    }

    /// <returns>False when the client still waits in the backlog.</returns>
    private bool TryRefuse(Span<byte> address)
    {
        if (_reserve >= 0)
        {
            Files.Close(_reserve);
        }

        int accepted = Sockets.Accept(_descriptor, address);
        if (accepted >= 0)
        {
            Refuse(accepted);
        }

        _reserve = OpenReserve();
        return accepted >= 0;
    }

    private static void Refuse(int accepted)
    {
        _ = SocketOptions.SetLingerZero(accepted);
        Files.Close(accepted);
    }

    private static int OpenReserve() => Files.Open("/dev/null", Files.ReadOnly | Files.CloseOnExec);
}
