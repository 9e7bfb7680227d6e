using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Simulation;

/// <summary>One of several guests: its card, its link, and its DHCP client.</summary>
internal sealed class ServiceGuest
{
    private readonly FakeClock _clock;
    private readonly GuestStack _stack;
    private readonly FaultyWire _toGuest;
    private readonly FaultyWire _toEngine;

    /// <param name="number">Of the guest, from 1.</param>
    /// <param name="clock">The world's.</param>
    /// <param name="stack">Where its link ends.</param>
    /// <param name="faults">What the link does.</param>
    /// <param name="random">Makes the choices of its programs.</param>
    /// <param name="plans">When it has an address.</param>
    public ServiceGuest(
        int number, FakeClock clock, GuestStack stack, Faults faults, Random random,
        IReadOnlyList<DhcpPlan> plans)
    {
        (_clock, _stack) = (clock, stack);
        Mac = MacAddress.Read([2, 0, 0, 0, 0, (byte)number]);
        Card = new SimGuest(clock, frame => _toEngine!.Send(frame), (ulong)random.Next())
        {
            Mac = Mac, Address = IpAddress.IPv4Any,
        };
        Dhcp = new SimDhcpClient(Mac, $"guest{number}", clock, random, plans, SendBroadcast)
        {
            Changed = OnAddressChanged,
        };
        _toEngine = new FaultyWire(clock, faults, random.Next(), ReceiveFromGuest);
        _toGuest = new FaultyWire(clock, faults, random.Next(), ReceiveFromEngine);
        Port = new SimulatedPort(_toGuest, Card.MtuBytes, Offloads.None, number);
        stack.OnPortOpened(Port, clock.Now);
    }

    public MacAddress Mac { get; }

    public SimGuest Card { get; }

    public SimDhcpClient Dhcp { get; }

    public SimulatedPort Port { get; private set; }

    /// <summary>
    /// How often it got an address, lost it, or its link: what is asked meanwhile may be lost.
    /// </summary>
    public int Changes { get; private set; }

    /// <summary>Told when the guest has got an address, or has it no more.</summary>
    public Action? AddressChanged { get; set; }

    public Instant NextEvent => Instant.Min(
        Instant.Min(_toGuest.NextDelivery, _toEngine.NextDelivery),
        Instant.Min(Card.NextDeadline, Dhcp.NextStep));

    /// <summary>What has come arrives, and the guest's own programs go on.</summary>
    public void Step()
    {
        _toGuest.Deliver();
        _toEngine.Deliver();
        Card.Tick();
        Dhcp.Step(_clock.Now);
    }

    /// <summary>What the guest has to say leaves.</summary>
    public void Flush()
    {
        Card.Flush();
        if (Port.OwesWritable && !_toGuest.IsFull)
        {
            Port.OwesWritable = false;
            _stack.OnPortWritable(Port, _clock.Now);
        }
    }

    /// <summary>A client that nobody is asks for an address, and never takes it.</summary>
    public void DiscoverAs(MacAddress other, uint transaction) => SendBroadcast(new Datagram
    {
        Source = new IpEndpoint(IpAddress.IPv4Any, DhcpMessage.ClientPort),
        Destination = new IpEndpoint(IpAddress.IPv4Broadcast, DhcpMessage.ServerPort),
        Payload = new DhcpClientMessage(DhcpMessageType.Discover, other, transaction).ToBytes(),
    });

    public void Unplug()
    {
        if (!Port.IsClosed)
        {
            Port.IsClosed = true;
            Changes++;
            _stack.OnPortClosed(Port, _clock.Now);
        }
    }

    /// <summary>The link comes back, on a port of another number.</summary>
    public void PlugIn(int number)
    {
        Port = new SimulatedPort(_toGuest, Card.MtuBytes, Offloads.None, number);
        _stack.OnPortOpened(Port, _clock.Now);
        OnAddressChanged();
    }

    // As kernels do: others learn who has the address.
    private void OnAddressChanged()
    {
        IpAddress address = Dhcp.Held ?? IpAddress.IPv4Any;
        Changes += address != Card.Address ? 1 : 0;
        Card.Address = address;
        if (Dhcp.Held is not null)
        {
            Card.Announce();
        }

        AddressChanged?.Invoke();
    }

    private void SendBroadcast(Datagram datagram)
    {
        bool isBroadcast = datagram.Destination.Address == IpAddress.IPv4Broadcast;
        _toEngine.Send(new EthernetFrame
        {
            Source = Mac,
            Destination = isBroadcast ? MacAddress.Broadcast : VirtualNetwork.GatewayMac,
            Payload = datagram.ToPacket().ToBytes(),
        }.ToBytes());
    }

    private void ReceiveFromGuest(ReadOnlySpan<byte> frame)
    {
        if (!Port.IsClosed)
        {
            _stack.OnFrame(Port, frame.ToArray(), default, _clock.Now);
        }
    }

    private void ReceiveFromEngine(ReadOnlySpan<byte> frame)
    {
        if (Port.IsClosed || !FrameCheck.IsWellFormed(frame))
        {
            return;
        }

        EthernetFrame ethernet = EthernetFrame.Parse(frame);
        bool isMine = ethernet.Destination == Mac || ethernet.Destination.IsMulticast;
        if (isMine && IsToDhcpClient(ethernet))
        {
            // To the address that is offered, which is nobody's yet.
            Dhcp.Receive(Datagram.ParseFrame(frame).Payload);
        }
        else
        {
            Card.Receive(frame);
        }
    }

    private static bool IsToDhcpClient(EthernetFrame frame)
    {
        if (frame.Type != 0x0800)
        {
            return false;
        }

        Ipv4Packet packet = Ipv4Packet.Parse(frame.Payload);
        return packet.Protocol == IpProtocol.Udp && packet.FragmentOffsetBytes == 0
            && !packet.MoreFragments
            && Datagram.Parse(packet).Destination.Port == DhcpMessage.ClientPort;
    }
}
