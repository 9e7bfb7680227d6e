using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Simulation;

/// <summary>Datagrams to an echo server, some of them fragments on the wire.</summary>
internal sealed class DatagramExchange(SimGuest guest, ushort port, IpEndpoint server, ulong seed,
    bool isReliable)
    : SimulatedFlow
{
    private static readonly int[] Sizes = [0, 1, 100, 1472, 1473, 9_000, 65_507];

    private readonly StreamPattern _pattern = new(seed);
    private Instant _next;
    private int _sent;

    public override bool IsDone => _sent > Sizes.Length;

    public override Instant NextStep => IsDone ? Instant.Never : _next;

    public override void Step(Instant now)
    {
        if (_next > now || IsDone)
        {
            return;
        }

        if (_sent < Sizes.Length)
        {
            guest.SendDatagram(port, server, _pattern.Bytes(0, Sizes[_sent]));
        }

        _sent++;
        _next = now + Duration.FromMilliseconds(500);
    }

    public override void Verify()
    {
        List<Datagram> mine =
            guest.Datagrams.FindAll(datagram => datagram.Destination.Port == port);
        foreach (Datagram datagram in mine)
        {
            Assert.Equal(server, datagram.Source);
            Assert.Contains(datagram.Payload.Length, Sizes);
            _pattern.Verify(0, datagram.Payload);
        }

        if (isReliable)
        {
            Assert.Equal(Sizes, mine.Select(datagram => datagram.Payload.Length));
        }
    }

    public override string ToString() => $"datagrams from port {port}: {_sent} sent";
}
