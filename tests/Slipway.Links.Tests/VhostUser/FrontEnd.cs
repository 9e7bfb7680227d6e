using System.Buffers.Binary;
using Slipway.Linux;

namespace Slipway.Links.Tests;

/// <summary>
/// A VMM's side of the vhost-user protocol, and the guest's memory, rings and event descriptors
/// that it sets up; or whatever else the test has it send.
/// </summary>
internal sealed class FrontEnd : IDisposable
{
    internal const ulong Buffers = SharedMemory.GuestBase + 0x8_0000;

    internal const ulong AllFeatures = VirtioFeatures.Offered;

    private readonly LinkBench _bench;
    private readonly List<int> _owned = [];

    internal FrontEnd(LinkBench bench, SharedMemory? memory = null, int ringSize = 64)
    {
        _bench = bench;
        Memory = memory ?? new SharedMemory();
        Rings = new DriverRing[4];
        Kicks = new int[4];
        Calls = new int[4];
        for (int i = 0; i < Rings.Length; i++)
        {
            Rings[i] = new DriverRing(Memory, 0x1000 + (0x4000 * (ulong)i), ringSize);
            Kicks[i] = Own(Epoll.CreateEvent());
            Calls[i] = Own(Epoll.CreateEvent());
        }

        Socket = Own(Sockets.Create(Sockets.FamilyUnix, Sockets.Stream, 0));
        byte[] address = new byte[UnixAddress.MaximumLengthBytes];
        Assert.Equal(0, Sockets.Connect(
            Socket, UnixAddress.Write(address, bench.Path("v"))));
    }

    internal int Socket { get; }

    internal SharedMemory Memory { get; }

    internal DriverRing[] Rings { get; }

    internal int[] Kicks { get; }

    internal int[] Calls { get; }

    internal DriverRing Receive => Rings[0];

    internal DriverRing Transmit => Rings[1];

    /// <summary>Remembers a descriptor to be closed with the rest.</summary>
    internal int Own(int descriptor)
    {
        Assert.True(descriptor >= 0);
        _owned.Add(descriptor);
        return descriptor;
    }

    /// <summary>Sets everything up as QEMU does, and waits until the port is open.</summary>
    internal FrontEnd Boot(ulong features = AllFeatures, int rings = 2)
    {
        int opened = _bench.Opened.Count;
        Negotiate(features);
        Tell(VhostUserRequest.SetMemTable, Table(Region()), Memory.Descriptor);
        for (int i = 0; i < rings; i++)
        {
            StartRing(i);
        }

        _bench.Until(() => _bench.Opened.Count > opened, "the port is open");
        return this;
    }

    internal void Negotiate(ulong features = AllFeatures)
    {
        Assert.Equal(VirtioFeatures.Offered, AskNumber(VhostUserRequest.GetFeatures));
        ulong protocol = AskNumber(VhostUserRequest.GetProtocolFeatures);
        Tell(VhostUserRequest.SetProtocolFeatures, Number(protocol));
        Tell(VhostUserRequest.SetOwner, []);
        Tell(VhostUserRequest.SetFeatures, Number(features));
    }

    internal void StartRing(int index, int first = 0, bool isEnabled = true)
    {
        RingLayout layout = Rings[index].Layout;
        Tell(VhostUserRequest.SetVringNum, State(index, layout.Size));
        Tell(VhostUserRequest.SetVringBase, State(index, first));
        Tell(VhostUserRequest.SetVringAddr, Addresses(index, layout));
        Tell(VhostUserRequest.SetVringCall, Number((ulong)index), Calls[index]);
        Tell(VhostUserRequest.SetVringKick, Number((ulong)index), Kicks[index]);
        Tell(VhostUserRequest.SetVringEnable, State(index, isEnabled ? 1 : 0));
    }

    /// <summary>Gives the guest's device buffers of 1536 bytes.</summary>
    internal void AddBuffers(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Receive.Add(true, (Buffers + (1536 * (ulong)i), 1536));
        }

        Kick(0);
    }

    /// <summary>The guest sends a frame without offloads.</summary>
    internal void Send(byte[] frame, int ring = 1)
    {
        ulong place = Buffers + 0x6_0000 + (1536 * (ulong)(Rings[ring].Available % 64));
        Memory.Write(place, [.. new byte[VirtioNetHeader.MergedLengthBytes], .. frame]);
        Rings[ring].Add(false, (place, VirtioNetHeader.MergedLengthBytes + frame.Length));
        Kick(ring);
    }

    internal void Kick(int ring) => Signal(Kicks[ring]);

    internal static void Signal(int descriptor) =>
        Assert.Equal(8, Files.Write(descriptor, [1, 0, 0, 0, 0, 0, 0, 0]));

    /// <summary>How often an event descriptor was signalled since the last time.</summary>
    internal static long TakeSignals(int descriptor)
    {
        byte[] count = new byte[8];
        return Files.Read(descriptor, count) == 8 ? BitConverter.ToInt64(count) : 0;
    }

    /// <summary>Sends a message and has it answered: with 0, for it is right.</summary>
    internal void Tell(VhostUserRequest request, byte[] payload, params int[] descriptors)
    {
        Write(Message(request, payload, needsReply: true), descriptors);
        Assert.Equal(0ul, ReadNumber(request));
    }

    internal ulong AskNumber(VhostUserRequest request)
    {
        Write(Message(request, []));
        return ReadNumber(request);
    }

    /// <summary>Stops a ring; the index that the next one begins at.</summary>
    internal int StopRing(int index)
    {
        Write(Message(VhostUserRequest.GetVringBase, State(index, 0)));
        byte[] state = Read(VhostUserRequest.GetVringBase, out _);
        Assert.Equal(index, BitConverter.ToInt32(state));
        return BitConverter.ToInt32(state, 4);
    }

    internal void Write(byte[] message, params int[] descriptors) => Assert.Equal(
        message.Length, Sockets.SendWithDescriptors(Socket, message, descriptors));

    internal ulong ReadNumber(VhostUserRequest request) =>
        BitConverter.ToUInt64(Read(request, out _));

    /// <summary>Waits for an answer, and returns its payload and its descriptor or -1.</summary>
    internal byte[] Read(VhostUserRequest request, out int descriptor)
    {
        byte[] message = new byte[256];
        int[] descriptors = [-1];
        int received = 0;
        _bench.Until(
            () => (received = Sockets.ReceiveWithDescriptors(
                Socket, message, descriptors, out _, out _)) != -Errno.EAGAIN,
            $"{request} is answered");
        Assert.True(received >= 12, $"{request} is not answered ({received})");
        Assert.Equal((uint)request, BitConverter.ToUInt32(message));
        Assert.Equal(5u, BitConverter.ToUInt32(message, 4)); // version 1, a reply
        Assert.Equal(received - 12, BitConverter.ToInt32(message, 8));
        descriptor = descriptors[0];
        return message[12..received];
    }

    /// <summary>The connection was closed by the engine.</summary>
    internal bool IsClosed()
    {
        byte[] bytes = new byte[256];
        int received;
        while ((received = Sockets.Receive(Socket, bytes, Sockets.MessageDontWait)) > 0)
        {
            // answers to what came before
        }

        return received is 0 or -Errno.ECONNRESET;
    }

    internal static byte[] Message(
        VhostUserRequest request, byte[] payload, bool needsReply = false, uint flags = 1)
    {
        byte[] message = new byte[12 + payload.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(message, (uint)request);
        BinaryPrimitives.WriteUInt32LittleEndian(
            message.AsSpan(4), flags | (needsReply ? 8u : 0u));
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(8), payload.Length);
        payload.CopyTo(message, 12);
        return message;
    }

    internal static byte[] Number(ulong value) => BitConverter.GetBytes(value);

    internal static byte[] State(int index, int number) =>
        [.. BitConverter.GetBytes(index), .. BitConverter.GetBytes(number)];

    internal static byte[] Addresses(int index, RingLayout layout) =>
    [
        .. State(index, 0), .. Number(layout.Table), .. Number(layout.Used),
        .. Number(layout.Available), .. Number(0),
    ];

    /// <summary>SET_MEM_TABLE's payload.</summary>
    internal static byte[] Table(params byte[][] regions) =>
        [.. State(regions.Length, 0), .. regions.SelectMany(region => region)];

    /// <summary>ADD_MEM_REG's and REM_MEM_REG's payload.</summary>
    internal static byte[] Single(byte[] region) => [.. Number(0), .. region];

    /// <summary>The whole memory, or a part of it that is elsewhere.</summary>
    internal byte[] Region(ulong offset = 0, ulong? lengthBytes = null) =>
    [
        .. Number(SharedMemory.GuestBase + offset),
        .. Number(lengthBytes ?? (ulong)Memory.LengthBytes - offset),
        .. Number(SharedMemory.UserBase + offset), .. Number(offset),
    ];

    public void Dispose()
    {
        _owned.ForEach(Files.Close);
        Memory.Dispose();
    }
}
