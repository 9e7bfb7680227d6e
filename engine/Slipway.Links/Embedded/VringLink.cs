using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>
/// The virtqueues of a VMM that the engine is linked into: the guest's memory is this process's,
/// and nobody speaks vhost-user.
/// </summary>
/// <remarks>
/// Theory of operation. The rings are served as a vhost-user guest's are (<see
/// cref="TransmitQueue"/>, <see cref="ReceiveQueue"/>), and the guest is trusted as little. The
/// VMM, which gave the memory, keeps it mapped until the link is closed.
/// </remarks>
public sealed class VringLink : GuestLink, IPluggable, IReadinessOwner
{
    /// <summary>Frames taken from a queue in one turn, so that others have their share.</summary>
    private const int FramesPerTurn = 64;

    private readonly byte[] _count = new byte[sizeof(ulong)];
    private readonly GuestMemory _memory = new();
    private readonly VringQueue _receive;
    private readonly VringQueue _transmit;
    private readonly ReceiveQueue _receiveQueue;
    private readonly TransmitQueue _transmitQueue;
    private readonly Action<string> _report;
    private readonly int _mtuBytes;
    private readonly ulong _features;
    private readonly int _receiveSize;

    private IDescriptorWatcher? _watcher;
    private IFrameReceiver? _receiver;
    private VirtioPort? _port;
    private readonly Lock _wakeLock = new();
    private int _wake = -1;

    private VringLink(int receiveSize, ulong features, int mtuBytes, Action<string> report)
    {
        _mtuBytes = mtuBytes;
        _report = report;
        _features = features;
        _receiveSize = receiveSize;
        _receive = new VringQueue(this, isTransmit: false);
        _transmit = new VringQueue(this, isTransmit: true);
        TransmitBatch batch = new();
        byte[] staging = GC.AllocateUninitializedArray<byte>(
            TransmitBatch.FrameBufferBytes, pinned: true);
        _receiveQueue = new ReceiveQueue(_receive.Ring, staging)
        {
            HeaderBytes = VirtioFeatures.HeaderBytes(features),
            IsMergeable = (features & VirtioFeatures.MergeableBuffers) != 0,
            IsEnabled = true,
        };
        _transmitQueue = new TransmitQueue(_transmit.Ring, batch)
        {
            HeaderBytes = VirtioFeatures.HeaderBytes(features),
        };
    }

    /// <summary>The virtio features that a queue may be used with (virtio 1.2).</summary>
    public static ulong FeaturesOffered =>
        VirtioFeatures.Offered & ~(VirtioFeatures.ProtocolFeatures | VirtioFeatures.MultiQueue);

    public override string Description => "vring";

    /// <summary>The driver broke the rules of a ring, which is stopped.</summary>
    public bool IsFaulty =>
        _receive.Ring.Fault != RingFault.None || _transmit.Ring.Fault != RingFault.None;

    /// <summary>Frames pass.</summary>
    public bool IsUp { get; private set; } = true;

    /// <summary>What the guest's driver takes over.</summary>
    public Offloads Offloads => VirtioFeatures.ToGuest(_features, _receiveSize);

    /// <summary>
    /// The first chains that are not served yet, as indices of the available rings: where another
    /// device goes on. Between two turns.
    /// </summary>
    public (ushort Receive, ushort Transmit) Bases =>
        (_receiveQueue.Base, _transmit.Ring.Next);

    protected override IReadOnlyList<IGuestPort> OpenPorts => _port is null ? [] : [_port];

    /// <summary>Takes over a pair of queues.</summary>
    /// <param name="regions">All of the guest's memory that rings and buffers lie in.</param>
    /// <param name="receive">The queue towards the guest.</param>
    /// <param name="transmit">The queue from it.</param>
    /// <param name="features">What the driver has acknowledged.</param>
    /// <param name="mtuBytes">Largest IP packet towards the guest.</param>
    /// <param name="report">Told in a sentence what somebody should know.</param>
    /// <exception cref="LinkException">Says what is wrong and the remedy.</exception>
    public static VringLink Attach(
        ReadOnlySpan<VringRegion> regions, in VringSettings receive, in VringSettings transmit,
        ulong features, int mtuBytes, Action<string> report)
    {
        ulong unknown = features & ~FeaturesOffered;
        if (unknown != 0)
        {
            throw new LinkException($"the features {unknown:x} are not served; offer the driver "
                + $"{FeaturesOffered:x} at most");
        }

        VringLink link = new(receive.Size, features, mtuBytes, report);
        try
        {
            link.Begin(regions, receive, transmit);
            return link;
        }
        catch (LinkException)
        {
            link.Dispose();
            throw;
        }
    }

    public override void Start(IDescriptorWatcher watcher, IFrameReceiver receiver, Instant now)
    {
        _watcher = watcher;
        _receiver = receiver;
        watcher.Watch(_wake, Readiness.Readable, this);
        _receive.Start(watcher);
        _transmit.Start(watcher);
        OpenPort(now);
    }

    /// <summary>The guest comes or goes; on the worker.</summary>
    public void SetUp(bool isUp, Instant now)
    {
        if (isUp == IsUp || _wake < 0)
        {
            return; // also when it has been detached meanwhile
        }

        IsUp = isUp;
        _receiveQueue.IsEnabled = isUp;
        if (isUp)
        {
            OpenPort(now);
        }
        else if (_port is VirtioPort port)
        {
            _port = null;
            _receiver!.OnPortClosed(port, now);
        }
    }

    /// <summary>The driver may have put something into the rings; from any thread.</summary>
    public void Kick()
    {
        lock (_wakeLock)
        {
            if (_wake >= 0)
            {
                Epoll.Signal(_wake);
            }
        }
    }

    /// <summary>A kick that came by a call, or the next turn of a long queue.</summary>
    public void OnReady(Readiness readiness, Instant now)
    {
        _ = Files.Read(_wake, _count);
        OnKick(_receive, now);
        OnKick(_transmit, now);
    }

    public override void Flush(Instant now)
    {
        Flush(_receive);
        Flush(_transmit);
    }

    public override void Dispose()
    {
        _port = null;
        _receiveQueue.Forget();
        _receive.Stop();
        _transmit.Stop();
        _memory.Dispose();
        lock (_wakeLock)
        {
            if (_wake >= 0)
            {
                _watcher?.Unwatch(_wake);
                Files.Close(_wake);
                _wake = -1;
            }
        }
    }

    /// <summary>The driver has put something into a ring.</summary>
    internal void OnKick(VringQueue queue, Instant now)
    {
        if (!queue.Ring.IsRunning || _receiver is null)
        {
            return;
        }

        if (!queue.IsTransmit)
        {
            if (_receiveQueue.TakeRoom() && _port is not null)
            {
                _receiver.OnPortWritable(_port, now);
            }
        }
        else if (_port is not null
            && !_transmitQueue.Drain(FramesPerTurn, _port, _receiver, now))
        {
            Kick();
        }
    }

    private void Begin(
        ReadOnlySpan<VringRegion> regions, in VringSettings receive, in VringSettings transmit)
    {
        _wake = Epoll.CreateEvent();
        if (_wake < 0)
        {
            throw new LinkException($"cannot make an event descriptor "
                + $"({SocketPath.Text(-_wake)}); raise the limit (ulimit -n)");
        }

        for (int i = 0; i < regions.Length; i++)
        {
            VringRegion region = regions[i];
            if (region.First <= 0 || region.LengthBytes > long.MaxValue
                || !_memory.TryAdd(GuestRegion.At(
                    region.First, region.GuestAddress, (ulong)region.First, region.LengthBytes)))
            {
                throw new LinkException($"region {i} of the memory is empty, overlaps another or "
                    + $"is one too many; there may be {GuestMemory.MaximumRegions}");
            }
        }

        Begin(_receive, receive);
        Begin(_transmit, transmit);
    }

    private void Begin(VringQueue queue, in VringSettings settings)
    {
        RingLayout layout = new(
            settings.Size, settings.Table, settings.Available, settings.Used);
        if (!queue.Ring.TryStart(
            _memory, layout, settings.Base, (_features & VirtioFeatures.EventIndex) != 0,
            (_features & VirtioFeatures.IndirectDescriptors) != 0))
        {
            throw new LinkException($"the {queue.Name} ring cannot be: its size is a power of two "
                + $"up to {SplitRing.LargestSize}, and its three parts lie within the memory, "
                + "aligned to 16, 2 and 4 bytes");
        }

        queue.Take(settings);
    }

    private void OpenPort(Instant now)
    {
        _port = new VirtioPort(_receiveQueue, _mtuBytes) { Offloads = Offloads };
        _receiver!.OnPortOpened(_port, now);
        Kick(); // what lay there before
    }

    private void Flush(VringQueue queue)
    {
        queue.Ring.Notify();
        if (queue.Ring.Fault != RingFault.None && !queue.IsFaultReported)
        {
            queue.IsFaultReported = true;
            _report($"{Description}: a guest broke the rules of its {queue.Name} ring "
                + $"({queue.Ring.Fault}), which is stopped");
        }
    }
}
