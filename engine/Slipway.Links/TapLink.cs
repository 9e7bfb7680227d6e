using System.ComponentModel;
using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>
/// A TAP device: the guest is the kernel of a network namespace. One frame a read or write, and a
/// frame may hold a whole 64 KiB of segments where the kernel has the offloads
/// (<see cref="VirtioNetHeader"/>). The device takes what is written at once or drops it as a
/// network card would, so the port is never full.
/// </summary>
public sealed class TapLink : GuestLink, IGuestPort, IReadinessOwner
{
    /// <summary>
    /// Frames and bytes read in one turn, so that host sockets and other links have their share.
    /// </summary>
    private const int FramesPerTurn = 64;
    private const int BytesPerTurn = 1 << 20;

    /// <summary>Ethernet header and a VLAN tag, in bytes.</summary>
    private const int FrameOverheadBytes = 18;

    private readonly int _descriptor;
    private readonly NamespaceGuard? _namespace;
    private readonly Action<string> _report;
    private readonly byte[] _received;
    private readonly byte[] _sent;
    private readonly int _headerBytes;
    private int _reservedBytes;
    private bool _isOpen;
    private bool _isClosed;
    private IDescriptorWatcher? _watcher;
    private IFrameReceiver? _receiver;

    private TapLink(
        int descriptor, string? netns, string description, int mtuBytes, bool offload,
        Action<string> report)
    {
        bool hasHeader = TapDevice.HasHeader(descriptor)
            && TapDevice.SetHeaderLength(descriptor, VirtioNetHeader.LengthBytes) == 0;
        _headerBytes = hasHeader ? VirtioNetHeader.LengthBytes : 0;
        Offloads = hasHeader ? Negotiate(descriptor, offload) : Offloads.None;
        _descriptor = descriptor;
        _namespace = netns is null ? null : new NamespaceGuard(netns, OnNamespaceGone);
        _report = report;
        Description = description;
        MaxFrameLengthBytes = mtuBytes + FrameOverheadBytes;
        int largestBytes = Math.Max(
            _headerBytes + IGuestPort.LargestSegmentedBytes, MaxFrameLengthBytes);
        _received = GC.AllocateUninitializedArray<byte>(largestBytes, pinned: true);
        _sent = GC.AllocateUninitializedArray<byte>(largestBytes, pinned: true);
    }

    public override string Description { get; }

    public int Id { get; } = PortNumbers.Next();

    public int MaxFrameLengthBytes { get; }

    public Offloads Offloads { get; }

    public Span<byte> Reserved => _sent.AsSpan(_headerBytes, _reservedBytes);

    private int LargestFrameBytes => (Offloads & Offloads.TcpSegments4) != 0
        ? IGuestPort.LargestSegmentedBytes : MaxFrameLengthBytes;

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
                device = TapSetup.Make(settings);
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
            settings.MtuBytes, settings.Offload, report);
    }

    /// <summary>
    /// Takes over a TAP's descriptor, made elsewhere with IFF_TAP and IFF_NO_PI; with IFF_VNET_HDR
    /// it has the offloads.
    /// </summary>
    /// <exception cref="LinkException">It is not an open descriptor.</exception>
    public static TapLink FromDescriptor(
        int descriptor, int mtuBytes, bool offload, Action<string> report)
    {
        int result = Files.SetNonBlocking(descriptor);
        return result < 0
            ? throw new LinkException($"descriptor {descriptor} cannot be used ({Text(-result)})")
            : new TapLink(
                descriptor, null, $"tap descriptor {descriptor}", mtuBytes, offload, report);
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
        int bytes = 0;
        for (int i = 0; i < FramesPerTurn && bytes < BytesPerTurn && _isOpen; i++)
        {
            int length = Files.Read(_descriptor, _received);
            if (length > 0)
            {
                bytes += length;
                Take(_received.AsSpan(0, length), now);
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
        _reservedBytes = _isOpen && lengthBytes <= LargestFrameBytes ? lengthBytes : 0;
        return Reserved;
    }

    public bool Commit(int lengthBytes, in FrameOffload offload)
    {
        _reservedBytes = 0;
        int writtenBytes = _headerBytes + lengthBytes;
        if (_headerBytes > 0)
        {
            VirtioNetHeader.Write(_sent, offload);
        }

        return Files.Write(_descriptor, _sent.AsSpan(0, writtenBytes)) == writtenBytes;
    }

    public override void Dispose()
    {
        _namespace?.Dispose();
        if (!_isClosed)
        {
            Close();
        }
    }

    private void Take(ReadOnlySpan<byte> received, Instant now)
    {
        ReadOnlySpan<byte> frame = received[Math.Min(_headerBytes, received.Length)..];
        FrameOffload offload = default;
        if (_headerBytes > 0 && !VirtioNetHeader.TryRead(received, frame.Length, out offload))
        {
            frame = default; // counted as malformed: what it lacks cannot be told
        }

        _receiver!.OnFrame(this, frame, offload, now);
    }

    private static Offloads Negotiate(int descriptor, bool offload)
    {
        if (!offload)
        {
            _ = TapDevice.SetOffloads(descriptor, TapOffloads.None);
            return Offloads.None;
        }

        // Checksums and TCP segments are taken from us whenever there is a header, whatever the
        // device's kernel may leave to us; UDP segments are as old as their flags.
        const Offloads offloads = Offloads.Checksum | Offloads.TcpSegments4 | Offloads.TcpSegments6;
        if (TapDevice.SetOffloads(descriptor, TapOffloads.All) == 0)
        {
            return offloads | Offloads.UdpSegments;
        }

        _ = TapDevice.SetOffloads(descriptor, TapOffloads.Tcp);
        return offloads;
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

    /// <summary>
    /// Closing lets the kernel take down the device, and a namespace that it kept.
    /// </summary>
    private void Close()
    {
        _isOpen = false;
        _isClosed = true;
        _watcher?.Unwatch(_descriptor);
        Files.Close(_descriptor);
    }

    private static string Text(int errno) => new Win32Exception(errno).Message;
}
