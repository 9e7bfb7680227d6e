using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Udp;

/// <summary>
/// The simulated host allocates for each datagram, so the host here is one socket that echoes out of
/// memory of its own.
/// </summary>
public class UdpAllocationTests : IHostNetwork, IHostListeners, IStreamServices, IHostDatagramSocket
{
    private readonly byte[] _payload = new byte[65_507];
    private IReadinessOwner? _owner;
    private IpEndpoint _remote;
    private int _waiting = -1;

    public IpEndpoint LocalEndpoint => default;

    [Theory]
    [InlineData(64)]
    [InlineData(1_472)]
    public void Echo_InSteadyState_AllocatesNothing(int size)
    {
        StackSettings settings = VirtualNetwork.Settings;
        GuestStack stack = new(settings, new Counters(), this, this, this);
        int seen = 0;
        RecordingPort port = new() { Sink = _ => seen++ };
        Instant now = new(1_000_000_000);
        stack.OnPortOpened(port, now);
        seen = 0;
        byte[] frame = new Datagram { Payload = new byte[size] }.ToFrame();
        byte[] ping = (IcmpPacket.EchoRequest(1, 1, new byte[56]) with
        {
            Destination = VirtualNetwork.Gateway,
        }).ToFrame();
        long before = 0;
        for (int i = 0; i < 4_000; i++)
        {
            before = i == 1_000 ? GC.GetAllocatedBytesForCurrentThread() : before;
            now += Duration.FromMilliseconds(1);
            stack.OnFrame(port, frame, now);
            _owner!.OnReady(Readiness.Readable | Readiness.Writable, now);
            stack.OnFrame(port, ping, now);
            stack.Advance(now);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(8_000, seen);
    }

    public HostError Send(in IpEndpoint remote, ReadOnlySpan<byte> payload, DatagramOptions options)
    {
        payload.CopyTo(_payload);
        _remote = remote;
        _waiting = payload.Length;
        return HostError.None;
    }

    public HostIo Receive(Span<byte> destination, out IpEndpoint remote)
    {
        remote = _remote;
        if (_waiting < 0)
        {
            return HostIo.Failed(HostError.WouldBlock);
        }

        int length = _waiting;
        _payload.AsSpan(0, length).CopyTo(destination);
        _waiting = -1;
        return HostIo.Moved(length);
    }

    public bool TryReceiveError(Span<byte> quoted, out HostErrorReport report)
    {
        report = default;
        return false;
    }

    public void Close()
    {
    }

    public HostError OpenUdp(bool ipv4, IReadinessOwner owner, out IHostDatagramSocket? socket)
    {
        _owner = owner;
        socket = this;
        return HostError.None;
    }

    public HostError OpenPing(bool ipv4, IReadinessOwner owner, out IHostDatagramSocket? socket) =>
        OpenUdp(ipv4, owner, out socket);

    public HostError BindUdp(in IpEndpoint local, IReadinessOwner owner, out IHostDatagramSocket? socket) =>
        OpenUdp(ipv4: true, owner, out socket);

    public HostError ConnectTcp(in IpEndpoint remote, IReadinessOwner owner, out IHostStream? stream)
    {
        stream = null;
        return HostError.Refused;
    }

    public HostError ListenTcp(in IpEndpoint local, IReadinessOwner owner, out IHostListener? listener)
    {
        listener = null;
        return HostError.Refused;
    }

    public void Adopt(IHostStream stream, IReadinessOwner owner)
    {
    }

    public HostError Open(in IpEndpoint destination, in IpEndpoint guest, IReadinessOwner owner, out IHostStream? stream)
    {
        stream = null;
        return HostError.Refused;
    }
}
