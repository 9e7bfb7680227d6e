using System.Buffers.Binary;
using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Simulation;

/// <summary>A guest asks over TCP.</summary>
/// <param name="guest">Who asks.</param>
/// <param name="port">From where.</param>
/// <param name="queries">What it asks, each with a number of its own.</param>
/// <param name="server">Whom it asks.</param>
/// <param name="manner">What it does besides.</param>
/// <param name="at">When it connects.</param>
/// <param name="isReliable">Nothing ends the connection but its two ends.</param>
internal sealed class DnsStreamAsk(
    ServiceGuest guest, ushort port, IReadOnlyList<DnsQueryMessage> queries, IpEndpoint server,
    DnsStreamManner manner, Instant at, bool isReliable)
    : SimulatedFlow
{
    // Longer than any resolver is waited for, one query after the other.
    private static readonly Duration s_patience = Duration.FromSeconds(120);

    private readonly HashSet<ushort> _answered = [];
    private readonly List<byte> _bytes = [];
    private GuestTcp? _connection;
    private Instant _next = at;
    private int _asked;
    private int _changes;
    private bool _isSkipped;

    public override bool IsDone => _isSkipped || _connection?.IsGone == true;

    public override Instant NextStep => _next;

    private bool IsAllAnswered => _answered.Count == queries.Count;

    public override void Step(Instant now)
    {
        if (_connection is null)
        {
            if (_next <= now)
            {
                Connect(now);
            }

            return;
        }

        Read(_connection);
        if (_connection.End != GuestTcpEnd.None)
        {
            _next = Instant.Never;
            return;
        }

        Ask(_connection);
        if (guest.Changes != _changes || _next <= now)
        {
            _connection.Abort();
            _next = Instant.Never;
        }
        else if (IsAllAnswered || _connection.IsEndOfStream)
        {
            _connection.CloseSend();
        }
    }

    public override void Verify()
    {
        bool isToBeAnswered = isReliable && !_isSkipped && guest.Changes == _changes
            && manner is not (DnsStreamManner.Aborting or DnsStreamManner.Silent);
        Assert.True(!isToBeAnswered || IsAllAnswered, $"not all is answered: {this}");
    }

    public override string ToString() =>
        $"{manner} {string.Join(", ", queries)} from port {port}: {_asked} asked, "
        + $"{_answered.Count} answered, {_connection?.End}";

    private void Connect(Instant now)
    {
        if (server.Address.IsIPv4 && guest.Dhcp.Held is null)
        {
            (_isSkipped, _next) = (true, Instant.Never);
            return;
        }

        _changes = guest.Changes;
        _next = now + s_patience;
        _connection = guest.Card.Connect(port, server);
    }

    private void Ask(GuestTcp connection)
    {
        if (manner == DnsStreamManner.Silent)
        {
            if (_asked++ == 0)
            {
                connection.Write(queries[0].ToFramed().AsSpan(0, 5));
            }

            return;
        }

        bool isOneByOne = manner == DnsStreamManner.OneByOne;
        while (_asked < queries.Count && (!isOneByOne || _asked == _answered.Count))
        {
            connection.Write(queries[_asked++].ToFramed());
        }

        if (manner == DnsStreamManner.HalfClosed)
        {
            connection.CloseSend();
        }
        else if (manner == DnsStreamManner.Aborting && connection.Unacknowledged == 0)
        {
            connection.Abort();
        }
    }

    private void Read(GuestTcp connection)
    {
        _bytes.AddRange(connection.ReadAll());
        while (_bytes.Count >= 2)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian([_bytes[0], _bytes[1]]);
            if (_bytes.Count < 2 + length)
            {
                return;
            }

            byte[] answer = [.. _bytes.GetRange(2, length)];
            _bytes.RemoveRange(0, 2 + length);
            ushort id = BinaryPrimitives.ReadUInt16BigEndian(answer);
            Assert.True(_answered.Add(id), "a query is answered once");
            queries.Single(query => query.Id == id).Check(answer, overTcp: true);
        }
    }
}
