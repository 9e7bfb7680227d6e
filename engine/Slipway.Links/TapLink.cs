using System.ComponentModel;
using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>
/// A TAP device: the guest is the kernel of a network namespace. One frame a read or write. The
/// device takes what is written at once or drops it as a network card would, so the port is
/// never full.
/// </summary>
public sealed class TapLink : GuestLink, IGuestPort, IReadinessOwner
{
    /// <summary>
    /// Frames read in one turn, so that host sockets and other links have their share.
    /// </summary>
    private const int FramesPerTurn = 64;

    /// <summary>Ethernet header and a VLAN tag, in bytes.</summary>
    private const int FrameOverheadBytes = 18;

    private readonly int _descriptor;
    private readonly NamespaceGuard? _namespace;
    private readonly Action<string> _report;
    private readonly byte[] _received;
    private readonly byte[] _sent;
    private int _reservedBytes;
    private bool _isOpen;
    private bool _isClosed;
    private IDescriptorWatcher? _watcher;
    private IFrameReceiver? _receiver;

    private TapLink(
        int descriptor, string? netns, string description, int mtuBytes, Action<string> report)
    {
        _descriptor = descriptor;
        _namespace = netns is null ? null : new NamespaceGuard(netns, OnNamespaceGone);
        _report = report;
        Description = description;
        MaxFrameLengthBytes = mtuBytes + FrameOverheadBytes;
        _received = GC.AllocateUninitializedArray<byte>(MaxFrameLengthBytes, pinned: true);
        _sent = GC.AllocateUninitializedArray<byte>(MaxFrameLengthBytes, pinned: true);
    }

    public override string Description { get; }

    public int Id { get; } = PortNumbers.Next();

    public int MaxFrameLengthBytes { get; }

    public Span<byte> Reserved => _sent.AsSpan(0, _reservedBytes);

    /// <summary>Makes a TAP, in another network namespace if one is named.</summary>
    /// <param name="settings">Its name, place and addresses.</param>
    /// <param name="report">Told in a sentence when the device has gone.</param>
    /// <exception cref="LinkException">Says what failed and the remedy.</exception>
    public static TapLink Open(TapSettings settings, Action<string> report)
    {
        // A TAP belongs to the namespace of the thread that opens /dev/net/tun, and that thread
        // cannot be sure to come back: it is a thread of its own, and ends.
        TapDevice? device = null;
        LinkException? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                device = Make(settings);
            }
            catch (LinkException e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
        {
            throw failure;
        }

        return new TapLink(
            device!.Descriptor, settings.NetworkNamespace, $"tap {settings.Name}",
            settings.MtuBytes, report);
    }

    /// <summary>Takes over a TAP's descriptor, made elsewhere with IFF_TAP and IFF_NO_PI.</summary>
    /// <exception cref="LinkException">It is not an open descriptor.</exception>
    public static TapLink FromDescriptor(int descriptor, int mtuBytes, Action<string> report)
    {
        int result = Files.SetNonBlocking(descriptor);
        return result < 0
            ? throw new LinkException($"descriptor {descriptor} cannot be used ({Text(-result)})")
            : new TapLink(descriptor, null, $"tap descriptor {descriptor}", mtuBytes, report);
    }

    public override void Start(IDescriptorWatcher watcher, IFrameReceiver receiver, Instant now)
    {
        _watcher = watcher;
        _receiver = receiver;
        _isOpen = true;
        receiver.OnPortOpened(this, now);
        watcher.Watch(_descriptor, Readiness.Readable, this);
        _namespace?.Start(watcher);
    }

    public void OnReady(Readiness readiness, Instant now)
    {
        for (int i = 0; i < FramesPerTurn && _isOpen; i++)
        {
            int length = Files.Read(_descriptor, _received);
            if (length > 0)
            {
                _receiver!.OnFrame(this, _received.AsSpan(0, length), now);
                continue;
            }

            // EIO: the interface is down, which comes and goes. EBADFD: it has been deleted, with
            // its namespace or by hand, and the descriptor is good for nothing any more.
            if (length is not (-Errno.EAGAIN or -Errno.EINTR or -Errno.EIO))
            {
                CloseDead(Text(-length), now);
            }

            return;
        }
    }

    public Span<byte> Reserve(int lengthBytes)
    {
        _reservedBytes = _isOpen && lengthBytes <= _sent.Length ? lengthBytes : 0;
        return _sent.AsSpan(0, _reservedBytes);
    }

    public bool Commit(int lengthBytes)
    {
        _reservedBytes = 0;
        return Files.Write(_descriptor, _sent.AsSpan(0, lengthBytes)) == lengthBytes;
    }

    public override void Dispose()
    {
        _namespace?.Dispose();
        if (!_isClosed)
        {
            Close();
        }
    }

    private void OnNamespaceGone(string path, Instant now) =>
        CloseDead($"its namespace {path} has been deleted or its process has ended", now);

    private void CloseDead(string why, Instant now)
    {
        if (_isClosed)
        {
            return;
        }

        Close();
        _report($"{Description} is gone ({why}): its guest is cut off, others go on");
        _receiver!.OnPortClosed(this, now);
    }

    /// <summary>Closing lets the kernel take down the device, and a namespace that it kept.</summary>
    private void Close()
    {
        _isOpen = false;
        _isClosed = true;
        _watcher?.Unwatch(_descriptor);
        Files.Close(_descriptor);
    }

    private static TapDevice Make(TapSettings settings)
    {
        if (settings.NetworkNamespace is string path)
        {
            int entered = Namespaces.EnterNetwork(path);
            if (entered < 0)
            {
                throw new LinkException(-entered switch
                {
                    Errno.ENOENT => $"there is no network namespace at {path}; "
                        + "make it first, for example: ip netns add NAME",
                    Errno.EPERM or Errno.EACCES => $"the network namespace {path} may not be "
                        + "entered; run as root, or as the user who owns it",
                    _ => $"the network namespace {path} cannot be entered ({Text(-entered)})",
                });
            }
        }

        int errno = TapDevice.Open(settings.Name, out TapDevice? device);
        if (errno != 0 || device is null)
        {
            throw new LinkException(errno switch
            {
                Errno.ENOENT => "/dev/net/tun is missing; as root: modprobe tun",
                Errno.EBUSY => $"{settings.Name} is in use by another program; choose another name",
                Errno.EPERM or Errno.EACCES =>
                    $"{settings.Name} may not be made here; run as root, or use 'slipway shell'",
                _ => $"{settings.Name} cannot be made ({Text(errno)})",
            });
        }

        if (settings.Configure)
        {
            Configure(settings);
        }

        return device;
    }

    private static void Configure(TapSettings settings)
    {
        Check(settings, "loopback", NetworkInterfaces.BringUp("lo"));
        Check(settings, "MTU", NetworkInterfaces.SetMtu(settings.Name, settings.MtuBytes));
        Check(settings, "address", NetworkInterfaces.SetAddress(
            settings.Name, settings.Address.IPv4, settings.Subnet.IPv4Mask));
        Check(settings, "link", NetworkInterfaces.BringUp(settings.Name));
        Check(settings, "default route", NetworkInterfaces.AddDefaultRoute(settings.Gateway.IPv4));
    }

    private static void Check(TapSettings settings, string what, int errno)
    {
        if (errno != 0)
        {
            throw new LinkException($"the {what} of {settings.Name} could not be set "
                + $"({Text(errno)}); with configure=no the guest asks by DHCP instead");
        }
    }

    private static string Text(int errno) => new Win32Exception(errno).Message;
}
