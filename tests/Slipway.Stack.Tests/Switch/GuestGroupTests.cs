using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Switching;

/// <summary>Guests of different groups do not see one another's frames.</summary>
public class GuestGroupTests
{
    private const int Web = 1;
    private const int Lab = 2;

    private static readonly int[] s_groups =
        [Web, Lab, Web, GuestGroup.Isolated, GuestGroup.Isolated, GuestGroup.Common];

    private readonly GuestStack _stack;
    private readonly FakeClock _clock = new();
    private readonly RecordingPort[] _ports;

    public GuestGroupTests()
    {
        SimHost host = new(_clock);
        _stack = new GuestStack(
            VirtualNetwork.Settings, new Counters(), host, host, new SimServices(host))
        {
            GroupOf = port => s_groups[port.Id],
        };
        _ports = [.. s_groups.Select((_, id) => new RecordingPort(id))];
        foreach (RecordingPort port in _ports)
        {
            _stack.OnPortOpened(port, _clock.Now);
            port.TakeAll();
        }
    }

    [Theory]
    [InlineData(0, "2")] // web and web
    [InlineData(1, "")] // lab is alone
    [InlineData(3, "")] // two that are isolated do not meet
    [InlineData(5, "")] // nor does one without a group meet those with one
    public void Broadcast_AndMulticast_GoToTheGroupAlone(int from, string to)
    {
        foreach (ulong group in (ulong[])[0xffff_ffff_ffff, 0x0100_5e00_00fb])
        {
            Send(from, new MacAddress(group));
            Assert.Equal(to, Heard());
        }
    }

    [Fact]
    public void Unicast_BetweenGroups_IsNotPassedOnWhetherTheMacIsKnownOrNot()
    {
        Send(0, MacOf(2));
        Assert.Equal("2", Heard());
        foreach (int port in Enumerable.Range(0, _ports.Length))
        {
            Send(port, MacAddress.Broadcast);
        }

        Heard();
        Send(0, MacOf(1));
        Send(0, MacOf(5));
        Send(3, MacOf(4));
        Assert.Equal("", Heard());
        Send(0, MacOf(2));
        Assert.Equal("2", Heard());
    }

    [Fact]
    public void Gateway_IsThereForAll()
    {
        foreach (int port in Enumerable.Range(0, _ports.Length))
        {
            _stack.OnFrame(
                _ports[port],
                new ArpFrame
                {
                    SenderMac = MacOf(port), Sender = AddressOf(port),
                }.ToFrame(), _clock.Now);
            Assert.NotNull(_ports[port].Take());
            Heard();
        }
    }

    [Fact]
    public void Guest_OfAnotherGroup_IsNotReachedByTheGateway()
    {
        Gateway_IsThereForAll();
        Datagram datagram = new()
        {
            Source = new IpEndpoint(AddressOf(0), 5_000),
            Destination = new IpEndpoint(AddressOf(1), 80),
        };
        _stack.OnFrame(
            _ports[0],
            new EthernetFrame
            {
                Source = MacOf(0), Payload = datagram.ToPacket().ToBytes(),
            }.ToBytes(), _clock.Now);
        Assert.Equal("0", Heard()); // host unreachable
    }

    private void Send(int port, MacAddress destination) => _stack.OnFrame(
        _ports[port],
        new EthernetFrame
        {
            Source = MacOf(port), Destination = destination, Type = 0x88b5, Payload = new byte[50],
        }.ToBytes(),
        _clock.Now);

    private string Heard() => string.Join(
        ',', _ports.Where(port => port.TakeAll().Length > 0).Select(port => port.Id));

    private static MacAddress MacOf(int port) => new(0x0200_0000_0010ul + (uint)port);

    private static IpAddress AddressOf(int port) =>
        IpAddress.FromIPv4(VirtualNetwork.Guest.IPv4 + 20 + (uint)port);
}
