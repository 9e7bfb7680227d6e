using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Tcp;

/// <summary>A steady transfer allocates nothing, in either direction.</summary>
public sealed class TcpAllocationTests
{
    private const int Rounds = 500;

    private readonly byte[] _packet = new byte[1500];
    private readonly byte[] _scratch = new byte[64 << 10];
    private TcpScript _script = new();
    private uint _engineNext;

    private int HeaderBytes => _script.Guest.Address.IsIPv4 ? 20 : 40;

    [Theory]
    [BothFamilies]
    public void GuestToHost_SteadyState_AllocatesNothing(bool isIPv4)
    {
        _script = Script(isIPv4);
        SimConnection host = _script.Connect(SegmentOptions.Linux with { Timestamps = null });
        _script.Port.Sink = _ => { };
        byte[] template = (_script.Ack with { Payload = new byte[1400] }).ToFrame()[14..];
        template.CopyTo(_packet, 0);
        uint next = _script.GuestNext;

        SteadyState.AllocatesNothing(Rounds, () =>
        {
            Patch(template.Length, next, _script.EngineNext);
            Arrive(template.Length);
            next += 1400;
            Turn();
            _ = host.Read(_scratch);
        });
        Assert.Equal(next, _script.GuestNext + (SteadyState.Windows * Rounds * 1400u));
    }

    [Theory]
    [BothFamilies]
    public void HostToGuest_SteadyState_AllocatesNothing(bool isIPv4)
    {
        _script = Script(isIPv4);
        SimConnection host = _script.Connect(SegmentOptions.Linux with { Timestamps = null });
        _engineNext = _script.EngineNext;
        uint first = _engineNext;
        _script.Port.Sink = frame => _engineNext += (uint)(frame.Length - 34 - HeaderBytes);
        byte[] template = _script.Ack.ToFrame()[14..];
        template.CopyTo(_packet, 0);

        SteadyState.AllocatesNothing(Rounds, () =>
        {
            host.Write(_scratch.AsSpan(0, 4_000));
            Turn();
            Patch(template.Length, _script.GuestNext, _engineNext);
            Arrive(template.Length);
            Turn();
        });
        Assert.Equal(SteadyState.Windows * Rounds * 4_000u, _engineNext - first);
    }

    /// <summary>Changes sequence and acknowledgment of the packet, and its checksum.</summary>
    private void Patch(int length, uint sequence, uint acknowledgment)
    {
        Span<byte> segment = _packet.AsSpan(HeaderBytes, length - HeaderBytes);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(segment[4..], sequence);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(segment[8..], acknowledgment);
        segment[16] = segment[17] = 0;
        uint pseudo = OnesComplement.PseudoHeader(
            _script.Guest.Address, _script.Remote.Address, IpProtocol.Tcp, segment.Length);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(
            segment[16..], OnesComplement.Checksum(segment, pseudo));
    }

    private void Arrive(int length) => _script.Layer.Receive(
        new GuestPacket
        {
            Route = _script.Route,
            Source = _script.Guest.Address,
            Destination = _script.Remote.Address,
            Protocol = IpProtocol.Tcp,
            Ttl = 64,
            TypeOfService = 0,
            DontFragment = true,
            Payload = _packet.AsSpan(HeaderBytes, length - HeaderBytes),
            Quote = _packet.AsSpan(0, length),
        },
        _script.Clock.Now);

    private static TcpScript Script(bool isIPv4) => new(
        isIPv4 ? VirtualNetwork.Settings : VirtualNetwork.Settings6, isIPv4: isIPv4);

    private void Turn()
    {
        _script.Clock.Advance(Duration.FromMicroseconds(100));
        _script.Turn();
    }
}
