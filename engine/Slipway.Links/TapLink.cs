using System.ComponentModel;
using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>
/// A TAP device: the guest is the kernel of a network namespace. A frame may hold a whole 64 KiB of
/// segments where the kernel has the offloads (<see cref="VirtioNetHeader"/>).
/// </summary>
public sealed class TapLink : GuestLink
{
    /// <summary>Ethernet header and a VLAN tag, in bytes.</summary>
    private const int FrameOverheadBytes = 18;

    private readonly TapQueue _first;
    private readonly List<TapDevice> _spare;
    private readonly int _descriptor;
    private readonly int _headerBytes;
    private readonly NamespaceGuard? _namespace;
    private readonly Action<string> _report;
    private bool _isClosed;
    private IFrameReceiver? _receiver;

    private TapLink(
        int descriptor, List<TapDevice> spare, string? netns, string description, int mtuBytes,
        bool offload, Action<string> report)
    {
        bool hasHeader = TapDevice.HasHeader(descriptor)
            && TapDevice.SetHeaderLength(descriptor, VirtioNetHeader.LengthBytes) == 0;
        Offloads offloads = hasHeader ? Negotiate(descriptor, offload) : Offloads.None;
        _descriptor = descriptor;
        _spare = spare;
        _headerBytes = hasHeader ? VirtioNetHeader.LengthBytes : 0;
        _namespace = netns is null ? null : new NamespaceGuard(netns, OnNamespaceGone);
        _report = report;
        Description = description;
        _first = new TapQueue(
            PortNumbers.Next(), descriptor, reads: true, _headerBytes, offloads,
            mtuBytes + FrameOverheadBytes)
        {
            OnDead = CloseDead,
        };
    }

    public override string Description { get; }

    protected override IReadOnlyList<IGuestPort> OpenPorts => _isClosed ? [] : [_first];

    /// <summary>The first worker's; it is the device's port.</summary>
    public IGuestPort Port => _first;

    /// <summary>Makes a TAP, in another network namespace if one is named.</summary>
    /// <param name="settings">Its name, place and addresses.</param>
    /// <param name="report">Told in a sentence when the device has gone.</param>
    /// <exception cref="LinkException">Says what failed and the remedy.</exception>
    public static TapLink Open(TapSettings settings, Action<string> report)
    {
        List<TapDevice> queues = [];
        foreach (int descriptor in settings.Opened)
        {
            queues.Add(TapDevice.TakeOver(descriptor));
        }

        queues = queues.Count > 0 ? queues : Make(settings);
        return new TapLink(
            queues[0].Descriptor, queues[1..], settings.NetworkNamespace, $"tap {settings.Name}",
            settings.MtuBytes, settings.Offload, report);
    }

    /// <summary>Makes a TAP alone; its queues, of which there is one at least.</summary>
    /// <exception cref="LinkException">Says what failed and the remedy.</exception>
    public static List<TapDevice> Make(TapSettings settings)
    {
        // A TAP belongs to the namespace of the thread that opens /dev/net/tun, and that thread
        // cannot be sure to come back: it is a thread of its own, and ends.
        List<TapDevice> queues = [];
        LinkException? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                queues.Add(TapSetup.Make(settings));
                queues.AddRange(TapSetup.AddQueues(settings));
            }
            catch (LinkException e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? queues : throw failure;
    }

    /// <summary>
    /// Takes over a TAP's descriptor, made elsewhere with IFF_TAP and IFF_NO_PI; with IFF_VNET_HDR
    /// it has the offloads.
    /// </summary>
    /// <exception cref="LinkException">It is not an open descriptor.</exception>
    public static TapLink FromDescriptor(
        int descriptor, int mtuBytes, bool offload, Action<string> report)
    {
        return !TapDevice.IsTap(descriptor) || Files.SetNonBlocking(descriptor) < 0
            ? throw new LinkException(
                "it is no TAP; pass a descriptor of /dev/net/tun after TUNSETIFF with IFF_TAP")
            : new TapLink(
                descriptor, [], null, $"tap descriptor {descriptor}", mtuBytes, offload, report);
    }

    public override void Start(IDescriptorWatcher watcher, IFrameReceiver receiver, Instant now)
    {
        _receiver = receiver;
        _first.Start(watcher, receiver);
        receiver.OnPortOpened(_first, now);
        _namespace?.Start(watcher);
    }

    public override IGuestPort? QueueFor(IGuestPort port)
    {
        if (port != _first)
        {
            return null;
        }

        bool reads = _spare.Count > 0;
        int descriptor = reads ? _spare[^1].Descriptor : Files.Duplicate(_descriptor);
        if (reads)
        {
            _spare.RemoveAt(_spare.Count - 1);
        }

        return descriptor < 0 ? null : new TapQueue(
            _first.Id, descriptor, reads, _headerBytes, _first.Offloads,
            _first.MaxFrameLengthBytes);
    }

    public override void Dispose()
    {
        _namespace?.Dispose();
        Close();
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
        _receiver!.OnPortClosed(_first, now);
    }

    private void Close()
    {
        _isClosed = true;
        _first.Dispose();
        foreach (TapDevice queue in _spare)
        {
            queue.Dispose();
        }

        _spare.Clear();
    }

    private static string Text(int errno) => new Win32Exception(errno).Message;
}
