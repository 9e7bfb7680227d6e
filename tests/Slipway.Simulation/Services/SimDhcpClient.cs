using System.Buffers.Binary;
using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Simulation;

/// <summary>
/// A guest's DHCP client, written from RFC 2131 section 4.4: it counts its lease from when it sent
/// the request that was granted, and stops to use the address when that is over.
/// </summary>
internal sealed class SimDhcpClient(
    MacAddress mac, string name, FakeClock clock, Random random, IReadOnlyList<DhcpPlan> plans,
    Action<Datagram> send)
    : SimulatedFlow
{
    private const int MostRequests = 4;

    private DhcpClientState _state;
    private int _plan;
    private uint _transaction;
    private int _attempts;
    private IpAddress _offered;
    private Instant _sentAt;
    private Instant _resendAt;
    private Instant _renewAt;
    private Instant _rebindAt;
    private (IpAddress Address, Instant Expires)? _remembered;

    public string Name => name;

    /// <summary>The address that the guest uses now.</summary>
    public IpAddress? Held { get; private set; }

    /// <summary>Until when it may.</summary>
    public Instant Expires { get; private set; }

    /// <summary>When it began to look for an address in vain; Never while it has one.</summary>
    public Instant Without { get; private set; } = Instant.Never;

    /// <summary>Grants of an address, renewals among them.</summary>
    public int GrantCount { get; private set; }

    /// <summary>Told when an address is the guest's, and when it is not any more.</summary>
    public Action? Changed { get; set; }

    public override bool IsDone => _plan == plans.Count;

    public override Instant NextStep
    {
        get
        {
            if (IsDone)
            {
                return Instant.Never;
            }

            if (_state == DhcpClientState.Off)
            {
                return plans[_plan].From;
            }

            Instant next = _state switch
            {
                DhcpClientState.Bound => _renewAt,
                DhcpClientState.Renewing => Instant.Min(_resendAt, _rebindAt),
                DhcpClientState.Rebinding => Instant.Min(_resendAt, Expires),
                _ => _resendAt,
            };
            return Instant.Min(next, plans[_plan].To);
        }
    }

    public override void Step(Instant now)
    {
        if (IsDone || NextStep > now)
        {
            return;
        }

        if (_state == DhcpClientState.Off)
        {
            Start(now);
        }
        else if (plans[_plan].To <= now)
        {
            Stop();
        }
        else
        {
            Continue(now);
        }
    }

    /// <summary>A datagram has come to port 68.</summary>
    public void Receive(byte[] payload)
    {
        Assert.Equal(ParseError.None, DhcpMessage.TryParse(payload, out DhcpMessage message));
        if (message.TransactionId != _transaction || message.ClientMac != mac)
        {
            return;
        }

        switch (message.MessageType)
        {
            case DhcpMessageType.Offer when _state == DhcpClientState.Selecting:
                _offered = message.YourAddress;
                Enter(DhcpClientState.Requesting, clock.Now);
                break;
            case DhcpMessageType.Ack when _state is not (DhcpClientState.Off
                or DhcpClientState.Selecting or DhcpClientState.Bound):
                Bind(message);
                break;
            case DhcpMessageType.Nak when _state is not (DhcpClientState.Off
                or DhcpClientState.Selecting or DhcpClientState.Bound):
                Refuse();
                break;
        }
    }

    public override void Verify()
    {
    }

    public override string ToString() =>
        $"{name} {_state} {Held} until {Expires.Nanoseconds}, plan {_plan}";

    private void Start(Instant now)
    {
        bool remembers = plans[_plan].Remembers && _remembered is not null;
        Without = now;
        Enter(remembers ? DhcpClientState.Rebooting : DhcpClientState.Selecting, now);
    }

    private void Stop()
    {
        if (Held is IpAddress own && plans[_plan].Releases)
        {
            Send(new DhcpClientMessage(DhcpMessageType.Release, mac, NewTransaction())
            {
                Client = own, Server = VirtualNetwork.Gateway,
            }, own, VirtualNetwork.Gateway);
            _remembered = null;
        }

        Drop();
        (_state, Without) = (DhcpClientState.Off, Instant.Never);
        _plan++;
    }

    private void Continue(Instant now)
    {
        switch (_state)
        {
            case DhcpClientState.Bound:
                Enter(DhcpClientState.Renewing, now);
                break;
            case DhcpClientState.Renewing when _rebindAt <= now:
                Enter(DhcpClientState.Rebinding, now);
                break;
            case DhcpClientState.Rebinding when Expires <= now:
                Drop();
                _remembered = null;
                Without = now;
                Enter(DhcpClientState.Selecting, now);
                break;
            case DhcpClientState.Requesting or DhcpClientState.Rebooting
                when _attempts == MostRequests:
                Enter(DhcpClientState.Selecting, now);
                break;
            default:
                Transmit(now);
                break;
        }
    }

    private void Enter(DhcpClientState state, Instant now)
    {
        _state = state;
        _attempts = 0;
        Transmit(now);
    }

    // Each has a number of its own, so that a grant tells when it was asked for.
    private void Transmit(Instant now)
    {
        _sentAt = now;
        _resendAt = now + Duration.FromSeconds(4L << Math.Min(_attempts++, 4))
            + Duration.FromMilliseconds(random.Next(-1_000, 1_000));
        DhcpClientMessage message = new(
            _state == DhcpClientState.Selecting
                ? DhcpMessageType.Discover : DhcpMessageType.Request, mac, NewTransaction())
        {
            Name = name, WantsBroadcast = random.Next(2) == 0,
        };
        switch (_state)
        {
            case DhcpClientState.Selecting:
                Send(message, IpAddress.IPv4Any, IpAddress.IPv4Broadcast);
                break;
            case DhcpClientState.Requesting:
                Send(
                    message with { Requested = _offered, Server = VirtualNetwork.Gateway },
                    IpAddress.IPv4Any, IpAddress.IPv4Broadcast);
                break;
            case DhcpClientState.Rebooting:
                Send(
                    message with { Requested = _remembered!.Value.Address },
                    IpAddress.IPv4Any, IpAddress.IPv4Broadcast);
                break;
            case DhcpClientState.Renewing:
                Send(message with { Client = Held!.Value }, Held!.Value, VirtualNetwork.Gateway);
                break;
            default:
                Send(message with { Client = Held!.Value }, Held!.Value, IpAddress.IPv4Broadcast);
                break;
        }
    }

    private void Bind(in DhcpMessage message)
    {
        uint lease = Seconds(message, DhcpOption.LeaseTime);
        uint renewal = Seconds(message, DhcpOption.RenewalTime);
        uint rebinding = Seconds(message, DhcpOption.RebindingTime);
        Assert.True(
            renewal < rebinding && rebinding < lease, "it is renewed, rebound and over, in order");
        if (Held is IpAddress own)
        {
            Assert.Equal(own, message.YourAddress);
        }

        (_state, Without) = (DhcpClientState.Bound, Instant.Never);
        Held = message.YourAddress;
        Expires = _sentAt + Duration.FromSeconds(lease);
        _renewAt = _sentAt + Duration.FromSeconds(renewal);
        _rebindAt = _sentAt + Duration.FromSeconds(rebinding);
        _remembered = (message.YourAddress, Expires);
        GrantCount++;
        Changed?.Invoke();
    }

    private void Refuse()
    {
        bool isWithinLease = _remembered is (_, Instant expires) && expires > clock.Now;
        Assert.False(
            isWithinLease && _state != DhcpClientState.Requesting,
            $"a lease is refused while it lasts: {this}");
        Drop();
        _remembered = null;
        Enter(DhcpClientState.Selecting, clock.Now);
    }

    private void Drop()
    {
        if (Held is not null)
        {
            Held = null;
            Changed?.Invoke();
        }
    }

    private uint NewTransaction() => _transaction = (uint)random.Next();

    private static uint Seconds(in DhcpMessage message, DhcpOption option)
    {
        Assert.True(
            message.TryGetOption(option, out ReadOnlySpan<byte> value) && value.Length == 4,
            $"a grant has option {option}");
        return BinaryPrimitives.ReadUInt32BigEndian(value);
    }

    private void Send(DhcpClientMessage message, IpAddress from, IpAddress to) =>
        send(new Datagram
        {
            Source = new IpEndpoint(from, DhcpMessage.ClientPort),
            Destination = new IpEndpoint(to, DhcpMessage.ServerPort),
            Payload = message.ToBytes(),
        });
}
