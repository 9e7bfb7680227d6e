using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Simulation;

/// <summary>
/// A stub resolver asks one thing over UDP, again if nobody answers, and over TCP if the answer was
/// cut.
/// </summary>
/// <param name="guest">Who asks.</param>
/// <param name="port">From where, by UDP and by TCP.</param>
/// <param name="query">What it asks.</param>
/// <param name="server">Whom it asks.</param>
/// <param name="at">When it asks first.</param>
/// <param name="isReliable">The link loses and doubles nothing, and all is answered.</param>
/// <param name="flows">Where a connection is added.</param>
internal sealed class DnsDatagramAsk(
    ServiceGuest guest, ushort port, DnsQueryMessage query, IpEndpoint server, Instant at,
    bool isReliable, List<SimulatedFlow> flows)
    : SimulatedFlow
{
    private const int MostAttempts = 3;
    private static readonly Duration s_patience = Duration.FromSeconds(6);

    private Instant _next = at;
    private int _sent;
    private int _changes;
    private int _seen;

    public override bool IsDone => _next == Instant.Never;

    public override Instant NextStep => _next;

    public override void Step(Instant now)
    {
        if (_sent > 0 && !IsDone && FindAnswer() is Datagram answer)
        {
            _next = Instant.Never;
            if (!query.Check(answer.Payload, overTcp: false))
            {
                flows.Add(new DnsStreamAsk(
                    guest, port, [query], server, DnsStreamManner.Patient, now, isReliable));
            }
        }

        if (_next > now)
        {
            return;
        }

        bool isWithout = server.Address.IsIPv4 && guest.Dhcp.Held is null;
        if (isWithout || _sent == MostAttempts)
        {
            _next = Instant.Never;
            return;
        }

        _changes = _sent == 0 ? guest.Changes : _changes;
        _sent++;
        _next = now + s_patience;
        guest.Card.SendDatagram(port, server, query.ToBytes());
    }

    public override void Verify()
    {
        List<Datagram> answers = guest.Card.Datagrams.FindAll(
            datagram => datagram.Destination.Port == port);
        Assert.All(answers, answer =>
        {
            Assert.Equal(server, answer.Source);
            query.Check(answer.Payload, overTcp: false);
        });
        if (isReliable && _sent > 0 && guest.Changes == _changes)
        {
            Assert.Equal(_sent, answers.Count);
        }
    }

    public override string ToString() => $"{query} from port {port}: {_sent} sent";

    private Datagram? FindAnswer()
    {
        List<Datagram> all = guest.Card.Datagrams;
        for (; _seen < all.Count; _seen++)
        {
            if (all[_seen].Destination.Port == port)
            {
                return all[_seen];
            }
        }

        return null;
    }
}
