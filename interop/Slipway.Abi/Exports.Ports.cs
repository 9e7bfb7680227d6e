using System.Runtime.InteropServices;
using Slipway.Engine;
using Slipway.Linux;
using Slipway.Links;
using Slipway.Stack;

namespace Slipway.Abi;

/// <summary>Ports: where guests come from.</summary>
internal static unsafe partial class Exports
{
    private const int DefaultRingBytes = 1 << 20;
    private const int DefaultBufferBytes = 1 << 18;
    private const uint KnownOffloads = 15;

    [UnmanagedCallersOnly(EntryPoint = "slipway_port_attach")]
    public static int AttachPort(ulong engine, byte* link, ulong* port) => Call(() =>
    {
        Argument.Pointer(port, "port");
        EngineHandle owner = OutsideTurn(engine);
        LinkSpecification specification = LinkSpecification.Parse(
            "link", Argument.Text(link, "link"));
        *port = specification is DescriptorLinkSpecification given
            ? AttachDescriptor(owner, given)
            : Attach(owner, owner.Engine.OpenLink(specification), Offloads.None);
    });

    [UnmanagedCallersOnly(EntryPoint = "slipway_port_attach_socketpair")]
    public static int AttachSocketPair(ulong engine, byte* framing, ulong* port, int* descriptor) =>
        Call(() =>
        {
            Argument.Pointer(port, "port");
            Argument.Pointer(descriptor, "fd");
            EngineHandle owner = OutsideTurn(engine);
            string text = Argument.Text(framing, "framing");
            bool isStream = text == "stream";
            Check(
                isStream || text == "dgram", Status.InvalidArgument,
                $"framing is stream or dgram, not '{text}'");
            int result = Sockets.CreatePair(
                Sockets.FamilyUnix, isStream ? Sockets.Stream : Sockets.Datagram, out int near,
                out int far);
            Check(result >= 0, Status.NoResources, "there are no descriptors (ulimit -n)");
            try
            {
                GuestLink link = owner.Engine.OpenLink(
                    LinkSpecification.Parse("link", $"fd:{near},framing={text}"));
                near = -1; // the link's
                *port = Attach(owner, link, Offloads.None);
                *descriptor = far;
            }
            catch
            {
                Close(near);
                Close(far);
                throw;
            }
        });

    [UnmanagedCallersOnly(EntryPoint = "slipway_vring_features")]
    public static ulong GetVringFeatures() => VringLink.FeaturesOffered;

    [UnmanagedCallersOnly(EntryPoint = "slipway_port_attach_vring")]
    public static int AttachVring(ulong engine, VringOptions* options, ulong* port)
    {
        try
        {
            Argument.Pointer(port, "port");
            EngineHandle owner = OutsideTurn(engine);
            VringOptions given = Argument.Struct(options, "options");
            VringLink link = VringLink.Attach(
                Regions(given), ToSettings(given.Receive), ToSettings(given.Transmit),
                given.Features, owner.Engine.Configuration.MtuBytes, owner.Report);
            *port = Attach(owner, link, link.Offloads);
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Set(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "slipway_port_attach_ring")]
    public static int AttachRing(ulong engine, RingOptions* options, ulong* port) => Call(() =>
    {
        Argument.Pointer(port, "port");
        EngineHandle owner = OutsideTurn(engine);
        RingOptions given = Argument.Struct(options, "options");
        RingLink link = RingLink.Create(
            SizeOf(given.RingBytes, DefaultRingBytes), isShared: true,
            owner.Engine.Configuration.MtuBytes, ToOffloads(given.Offloads), owner.Report);
        *port = Attach(owner, link, ToOffloads(given.Offloads));
        given.MemoryDescriptor = link.MemoryFile;
        given.DoorbellDescriptor = link.Doorbell;
        given.GuestDoorbellDescriptor = link.GuestDoorbell;
        Argument.Write(options, "options", given);
    });

    [UnmanagedCallersOnly(EntryPoint = "slipway_port_attach_frames")]
    public static int AttachFrames(ulong engine, FramesOptions* options, ulong* port) => Call(() =>
    {
        Argument.Pointer(port, "port");
        EngineHandle owner = OutsideTurn(engine);
        FramesOptions given = Argument.Struct(options, "options");
        Check(given.Output is not null, Status.InvalidArgument, "output is NULL");
        Check(
            owner.Engine.Configuration.Workers == 1, Status.Unsupported,
            "frames by calls need an engine with one worker");
        CallbackSink sink = new(given);
        Offloads offloads = ToOffloads(given.Offloads);
        FrameLink link = FrameLink.Create(
            SizeOf(given.BufferBytes, DefaultBufferBytes),
            owner.Engine.Configuration.MtuBytes, offloads, sink, owner.Report);

        *port = Attach(owner, link, offloads, sink);
    });

    [UnmanagedCallersOnly(EntryPoint = "slipway_port_detach")]
    public static int DetachPort(ulong port) => Call(() =>
    {
        PortHandle gone = HandleTable.Remove<PortHandle>(HandleKind.Port, port);
        gone.Engine.Forget(gone);
        if (gone.Sink is not null)
        {
            gone.Sink.IsOver = true;
        }

        gone.Engine.Engine.Detach(gone.Link);
    });

    // By a copy: until it succeeds, the descriptor is the caller's.
    private static ulong AttachDescriptor(EngineHandle owner, DescriptorLinkSpecification given)
    {
        int copy = Duplicate(given.Descriptor, Status.Link);
        GuestLink link;
        try
        {
            link = owner.Engine.OpenLink(given with { Descriptor = copy });
        }
        catch
        {
            Close(copy);
            throw;
        }

        ulong port = Attach(owner, link, Offloads.None);
        Close(given.Descriptor);
        return port;
    }

    private static int Duplicate(int descriptor, Status notOpen)
    {
        int copy = Files.Duplicate(descriptor);
        Check(
            copy != -Errno.EBADF, notOpen,
            $"{descriptor} is not an open descriptor");
        Check(copy >= 0, Status.NoResources, "there are no descriptors (ulimit -n)");
        return copy;
    }

    // It has its number before the first frame, and before the engine may be destroyed with it.
    private static ulong Attach(
        EngineHandle owner, GuestLink link, Offloads offloads, CallbackSink? sink = null)
    {
        PortHandle port = new(owner, link, offloads) { Sink = sink };
        try
        {
            ulong handle = owner.Add(port);
            if (sink is not null)
            {
                sink.Port = handle;
            }

            owner.Engine.Attach(link);
            return handle;
        }
        catch
        {
            owner.Forget(port);
            link.Dispose();
            throw;
        }
    }

    private static VringRegion[] Regions(in VringOptions options)
    {
        Check(options.RegionCount is > 0 and <= 32, Status.InvalidArgument,
            $"there are {options.RegionCount} regions of memory; 1 to 32 are possible");
        MemoryRegion* regions = Argument.Pointer(options.Regions, "regions");
        VringRegion[] all = new VringRegion[options.RegionCount];
        for (int i = 0; i < all.Length; i++)
        {
            MemoryRegion region = regions[i];
            Check(region.HostAddress is not null, Status.InvalidArgument,
                $"region {i} of the memory has no host_address");
            Check((region.Flags & ~MemoryRegion.Trusted) == 0, Status.InvalidArgument,
                $"region {i} of the memory has flags that there are not");
            CheckFile(region, i);
            all[i] = new VringRegion(
                (nint)region.HostAddress, region.GuestAddress, region.LengthBytes);
        }

        return all;
    }

    private static void CheckFile(in MemoryRegion region, int index)
    {
        if (region.Descriptor < 0 || (region.Flags & MemoryRegion.Trusted) != 0)
        {
            return;
        }

        int seals = MemoryFiles.Seals(region.Descriptor);
        Check(
            seals >= 0 && (seals & MemoryFiles.SealShrink) != 0, Status.Link,
            $"region {index} of the memory is mapped from a file that may shrink, which would end "
                + "the process: seal it with F_SEAL_SHRINK, or set SLIPWAY_MEMORY_TRUSTED");
    }

    private static VringSettings ToSettings(in Vring ring)
    {
        Check(ring.Base <= ushort.MaxValue, Status.InvalidArgument,
            $"the base {ring.Base} is no index of a ring");
        return new VringSettings(
            (int)Math.Min(ring.QueueSize, int.MaxValue), (ulong)ring.Descriptors,
            (ulong)ring.Available, (ulong)ring.Used, (ushort)ring.Base, ring.KickDescriptor,
            ring.CallDescriptor);
    }

    private static Offloads ToOffloads(uint offloads)
    {
        Check((offloads & ~KnownOffloads) == 0, Status.InvalidArgument,
            $"offloads {offloads:x} has bits that there are not");
        return (Offloads)offloads;
    }

    private static int SizeOf(uint bytes, int fallback) =>
        bytes == 0 ? fallback : (int)Math.Min(bytes, int.MaxValue);

    private static void Close(int descriptor)
    {
        if (descriptor >= 0)
        {
            Files.Close(descriptor);
        }
    }
}
