using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>A socket that guests or their VMMs connect to.</summary>
internal sealed class GuestListener : IReadinessOwner, IDisposable
{
    /// <summary>How long it rests when the host has no descriptors to accept with.</summary>
    private static readonly Duration AcceptPause = Duration.FromSeconds(1);

    private readonly string _description;
    private readonly SocketPlace? _place;
    private int _descriptor;
    private readonly GuestArrival _accept;
    private readonly Action<string> _report;
    private readonly RetryTimer _timer;
    private IDescriptorWatcher? _watcher;
    private Instant _acceptAgain = Instant.Never;
    private Instant _lookAgain;
    private bool _shortageReported;
    private bool _isDisposed;

    private GuestListener(
        GuestLink link, SocketPlace? place, int descriptor, RetryTimer timer,
        GuestArrival accept, Action<string> report)
    {
        _description = link.Description;
        _place = place;
        _descriptor = descriptor;
        _accept = accept;
        _report = report;
        _timer = timer;
    }

    /// <summary>Binds a path and listens; nobody is accepted before the start.</summary>
    /// <param name="type">Of the socket: stream or sequenced packets.</param>
    /// <param name="accept">Takes over a connected, non-blocking socket.</param>
    /// <exception cref="LinkException">Says what failed and the remedy.</exception>
    internal static GuestListener Bind(
        GuestLink link, string path, int type, int backlog, GuestArrival accept,
        Action<string> report)
    {
        UnixSocketFile bound = SocketPath.Bind(path, type, out int listener);
        return Listen(
            link, new SocketPlace(path, type, backlog, bound, report), listener, path, backlog,
            accept, report);
    }

    /// <summary>Binds a port of AF_VSOCK; any guest of this host may connect.</summary>
    /// <exception cref="LinkException">Says what failed and the remedy.</exception>
    internal static GuestListener BindVsock(
        GuestLink link, uint port, int backlog, GuestArrival accept,
        Action<string> report)
    {
        string name = $"vsock port {port}";
        int listener = Sockets.Create(VsockAddress.Family, Sockets.Stream, 0);
        if (listener < 0)
        {
            throw new LinkException($"this kernel has no AF_VSOCK ({SocketPath.Text(-listener)}); "
                + "load its module: modprobe vhost_vsock");
        }

        Span<byte> address = stackalloc byte[VsockAddress.LengthBytes];
        VsockAddress.Write(address, VsockAddress.AnyCid, port);
        int result = Sockets.Bind(listener, address);
        if (result < 0)
        {
            Files.Close(listener);
            throw new LinkException(-result == Errno.EADDRINUSE
                ? $"{name} is taken by another program; stop it or choose another port"
                : $"cannot bind {name} ({SocketPath.Text(-result)}); choose one from 1024 on");
        }

        return Listen(link, null, listener, name, backlog, accept, report);
    }

    private static GuestListener Listen(
        GuestLink link, SocketPlace? place, int listener, string name, int backlog,
        GuestArrival accept, Action<string> report)
    {
        try
        {
            int result = Sockets.Listen(listener, backlog);
            return result >= 0
                ? new GuestListener(
                    link, place, listener, new RetryTimer(link, AcceptPause.Nanoseconds), accept,
                    report)
                : throw new LinkException(
                    $"cannot listen on {name} ({SocketPath.Text(-result)}); choose another");
        }
        catch
        {
            place?.Dispose();
            Files.Close(listener);
            throw;
        }
    }

    internal void Start(IDescriptorWatcher watcher)
    {
        _watcher = watcher;
        watcher.Watch(_descriptor, Readiness.Readable, this);
        _timer.Start(watcher);
        _place?.Start(watcher, Move);
    }

    private void Move(int descriptor)
    {
        _watcher!.Unwatch(_descriptor);
        Files.Close(_descriptor);
        _descriptor = descriptor;
        _watcher.Watch(_descriptor, Readiness.Readable, this);
        _acceptAgain = Instant.Never;
    }

    /// <summary>Somebody connects.</summary>
    public void OnReady(Readiness readiness, Instant now)
    {
        int accepted;
        Span<byte> address = stackalloc byte[VsockAddress.LengthBytes];
        while ((accepted = Sockets.Accept(_descriptor, address)) >= 0)
        {
            _accept(accepted, _place is null ? VsockAddress.Cid(address) : 0, now);
        }

        if (-accepted is not (Errno.EMFILE or Errno.ENFILE or Errno.ENOBUFS or Errno.ENOMEM))
        {
            _shortageReported = false;
            return;
        }

        // The connection stays in the backlog and would end every wait at once.
        _watcher!.Unwatch(_descriptor);
        _acceptAgain = now + AcceptPause;
        _timer.Arm();
        if (!_shortageReported)
        {
            _shortageReported = true;
            _report($"{_description} cannot take a guest ({SocketPath.Text(-accepted)}); "
                + "raise the limit (ulimit -n)");
        }
    }

    public override string ToString() => _description;

    /// <summary>End of each turn.</summary>
    internal void Flush(Instant now)
    {
        if (_place is { IsLost: true } place && now >= _lookAgain)
        {
            place.TryReturn();
            _lookAgain = now + AcceptPause;
            _timer.Arm();
        }

        if (now >= _acceptAgain)
        {
            _acceptAgain = Instant.Never;
            _watcher!.Watch(_descriptor, Readiness.Readable, this);
        }
    }

    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _timer.Dispose();
        _place?.Dispose();
        _watcher?.Unwatch(_descriptor);
        Files.Close(_descriptor);
    }
}
