using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Services;

/// <summary>Datagrams of guests to services.</summary>
public sealed class ServiceDatagramTests
{
    [Theory]
    [BothFamilies]
    public void Datagram_ToAVirtualAddress_IsAnsweredFromThere(bool isIPv4)
    {
        ServiceBench bench = new(isIPv4);
        SimDatagramServer server = bench.Stack.Host.ServeUdp(ServiceBench.AtHost);
        bench.Serve(bench.VirtualRule(IpProtocol.Udp));

        bench.SendDatagram(bench.Virtual, 1, 2);

        Assert.Equal([1, 2], Assert.Single(server.Received));
        Datagram answer = bench.Stack.TakeDatagram().Must();
        Assert.Equal((bench.Virtual, bench.Guest), (answer.Source, answer.Destination));
        Assert.Equal([1, 2], answer.Payload);
    }

    [Theory]
    [BothFamilies]
    public void Datagram_ToAnotherPortOfAVirtualAddress_GetsPortUnreachable(bool isIPv4)
    {
        ServiceBench bench = new(isIPv4);
        bench.Serve(bench.VirtualRule(IpProtocol.Udp));

        bench.SendDatagram(bench.Virtual with { Port = 5_001 }, 1);

        IcmpPacket error = bench.Stack.TakeIcmp().Must();
        Assert.Equal(isIPv4 ? (3, 3) : (1, 4), (error.Type, error.Code));
        Assert.Equal(0, bench.Stack.Host.OpenSockets);
    }

    [Fact]
    public void Datagram_ToAPortOfTheGateway_IsAnsweredFromThere()
    {
        ServiceBench bench = new();
        bench.Stack.Host.ServeUdp(ServiceBench.AtHost);
        IpEndpoint gateway = new(bench.Gateway, 123);
        bench.Serve(bench.Rule(gateway, IpProtocol.Udp, isVirtual: false));

        bench.SendDatagram(gateway, 7);

        Assert.Equal(gateway, bench.Stack.TakeDatagram().Must().Source);
    }

    [Fact]
    public void Datagram_FromAnotherThanTheTarget_IsNotLetIn()
    {
        ServiceBench bench = new();
        bench.Stack.Host.ServeUdp(ServiceBench.AtHost).AnswersFrom =
            ServiceBench.AtHost with { Port = 9_001 };
        bench.Serve(bench.VirtualRule(IpProtocol.Udp));

        bench.SendDatagram(bench.Virtual, 1);

        Assert.Null(bench.Stack.TakeDatagram());
        Assert.Equal(1, bench.Stack.Dropped(DropReason.Filtered));
    }

    [Fact]
    public void Datagrams_OfOneEndpointToAServiceAndBeyond_AreAnsweredByEach()
    {
        ServiceBench bench = new();
        IpEndpoint far = new(VirtualNetwork.Far, 7_000);
        bench.Stack.Host.ServeUdp(ServiceBench.AtHost);
        bench.Stack.Host.ServeUdp(far);
        bench.Serve(bench.VirtualRule(IpProtocol.Udp));

        bench.SendDatagram(bench.Virtual, 1);
        Assert.Equal(bench.Virtual, bench.Stack.TakeDatagram().Must().Source);
        bench.SendDatagram(far, 2);
        Assert.Equal(far, bench.Stack.TakeDatagram().Must().Source);
        bench.SendDatagram(bench.Virtual, 3);
        Assert.Equal([3], bench.Stack.TakeDatagram().Must().Payload);
        Assert.Equal(2, bench.Stack.Stack.Udp.Count);
    }

    [Fact]
    public void Flow_WhoseServiceIsRemoved_GoesOnUntilItIsIdle()
    {
        ServiceBench bench = new();
        bench.Stack.Host.ServeUdp(ServiceBench.AtHost);
        bench.Serve(bench.VirtualRule(IpProtocol.Udp));
        bench.SendDatagram(bench.Virtual, 1);
        bench.Stack.TakeDatagram().Must();

        bench.Remove();
        bench.SendDatagram(bench.Virtual, 2);
        Assert.Equal([2], bench.Stack.TakeDatagram().Must().Payload);
        bench.Stack.Wait(Duration.FromSeconds(181));
        bench.Stack.Port.TakeAll();
        Assert.Equal(0, bench.Stack.Stack.Udp.Count);
        bench.SendDatagram(bench.Virtual, 3);
        Assert.Equal(0, bench.Stack.Stack.Udp.Count);
    }

    [Fact]
    public void Flow_WhoseTargetMovesToTheOtherFamily_FollowsIt()
    {
        ServiceBench bench = new();
        IpEndpoint other = new(IpAddress.IPv6Loopback, 9_000);
        MovingTarget target = new() { Endpoint = ServiceBench.AtHost };
        bench.Target = target;
        bench.Stack.Host.ServeUdp(ServiceBench.AtHost);
        SimDatagramServer moved = bench.Stack.Host.ServeUdp(other);
        bench.Serve(bench.VirtualRule(IpProtocol.Udp));
        bench.SendDatagram(bench.Virtual, 1);
        bench.Stack.TakeDatagram().Must();

        target.Endpoint = other;
        bench.SendDatagram(bench.Virtual, 2);

        Assert.Equal([2], Assert.Single(moved.Received));
        Assert.Equal(bench.Virtual, bench.Stack.TakeDatagram().Must().Source);
        Assert.Equal(1, bench.Stack.Host.OpenSockets);
    }

    [Theory]
    [InlineData(HostError.Refused, 3)]
    [InlineData(HostError.HostUnreachable, 1)]
    [InlineData(HostError.WouldBlock, null)]
    public void Datagram_WhoseTargetIsNotFound_GetsWhatThatMeans(HostError error, int? code)
    {
        ServiceBench bench = new() { Target = new MovingTarget { Error = error } };
        bench.Serve(bench.VirtualRule(IpProtocol.Udp));

        bench.SendDatagram(bench.Virtual, 1);

        Assert.Equal(code, bench.Stack.TakeIcmp()?.Code);
        Assert.Equal(0, bench.Stack.Host.OpenSockets);
    }

    private sealed class MovingTarget : ServiceTarget
    {
        public IpEndpoint Endpoint { get; set; }

        public HostError Error { get; init; }

        public override HostError Locate(int link, out IpEndpoint endpoint)
        {
            endpoint = Endpoint;
            return Error;
        }
    }
}
