using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Simulation;

/// <summary>Echo requests, and their replies.</summary>
internal sealed class PingExchange(SimGuest guest, ushort identifier, IpAddress remote,
    bool isReliable) : SimulatedFlow
{
    private const int Count = 5;

    private readonly byte[] _body = new StreamPattern(identifier).Bytes(0, 56);
    private Instant _next;
    private ushort _sent;

    public override bool IsDone => _sent > Count;

    public override Instant NextStep => IsDone ? Instant.Never : _next;

    public override void Step(Instant now)
    {
        if (_next > now || IsDone)
        {
            return;
        }

        if (_sent < Count)
        {
            guest.Ping(remote, identifier, _sent, _body);
        }

        _sent++;
        _next = now + Duration.FromMilliseconds(200);
    }

    public override void Verify()
    {
        List<IcmpPacket> replies = guest.IcmpMessages.FindAll(
            message => message.Type == 0 && message.Identifier == identifier);
        Assert.All(replies, reply =>
        {
            Assert.Equal(remote, reply.Source);
            Assert.Equal(_body, reply.Body);
        });
        if (isReliable)
        {
            Assert.Equal(Enumerable.Range(0, Count),
                replies.Select(reply => (int)reply.SequenceNumber));
        }
    }

    public override string ToString() => $"pings to {remote}: {_sent} sent";
}
