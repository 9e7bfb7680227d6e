using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Services;

/// <summary>A stack with services of one family, and servers at the host that answer.</summary>
internal sealed class ServiceBench(bool isIPv4 = true)
{
    /// <summary>Where the host answers, by TCP and UDP.</summary>
    public static readonly IpEndpoint AtHost = new(IpAddress.IPv4Loopback, 9_000);

    public StackBench Stack { get; } = new(VirtualNetwork.Settings6);

    /// <summary>An address of the guests' network that no guest has.</summary>
    public IpEndpoint Virtual { get; } = new(
        IpAddress.Parse(isIPv4 ? "192.168.127.250" : "fd5a:94ef:e40c::fa"), 5_000);

    public IpEndpoint Guest { get; } =
        isIPv4 ? VirtualNetwork.GuestEndpoint : VirtualNetwork.GuestEndpoint6;

    public IpAddress Gateway { get; } = isIPv4 ? VirtualNetwork.Gateway : VirtualNetwork.Gateway6;

    public ServiceTarget Target { get; set; } = new EndpointTarget(AtHost);

    /// <summary>These rules and no others hold from now on.</summary>
    public void Serve(params ServiceRule[] rules) =>
        Stack.Settings.Services.Current = new ServiceTable(rules);

    /// <summary>There are no services any more; what is open goes on.</summary>
    public void Remove() =>
        Stack.Settings.Services.Current = new ServiceTable([], [Virtual.Address]);

    public ServiceRule Rule(
        in IpEndpoint destination, IpProtocol protocol, bool isVirtual) => new(
            new IpPrefix(destination.Address, isIPv4 ? 32 : 128),
            new PortRange(destination.Port, destination.Port), protocol, Target, isVirtual);

    public ServiceRule VirtualRule(IpProtocol protocol) => Rule(Virtual, protocol, true);

    /// <summary>A SYN, and the flags of what comes back.</summary>
    public Segment? Connect(in IpEndpoint destination)
    {
        Stack.Send(new Segment
        {
            Source = Guest, Destination = destination, Sequence = 1_000, Flags = TcpFlags.Syn,
        }.ToFrame());
        return Stack.Port.Take() is byte[] frame ? Segment.ParseFrame(frame) : null;
    }

    public void SendDatagram(in IpEndpoint destination, params byte[] payload) => Stack.Send(
        new Datagram { Source = Guest, Destination = destination, Payload = payload }.ToFrame());
}
