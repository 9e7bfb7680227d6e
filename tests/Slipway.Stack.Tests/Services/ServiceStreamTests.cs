using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Services;

/// <summary>Connections of guests to services.</summary>
public sealed class ServiceStreamTests
{
    [Theory]
    [BothFamilies]
    public void Syn_ToAVirtualAddress_ConnectsToItsTarget(bool isIPv4)
    {
        ServiceBench bench = new(isIPv4);
        SimServer server = bench.Stack.Host.Serve(ServiceBench.AtHost);
        bench.Serve(bench.VirtualRule(IpProtocol.Tcp));

        Segment answer = bench.Connect(bench.Virtual).Must();

        Assert.Equal(TcpFlags.Syn | TcpFlags.Acknowledgment, answer.Flags);
        Assert.Equal((bench.Virtual, bench.Guest), (answer.Source, answer.Destination));
        Assert.Single(server.Connections);
    }

    [Theory]
    [BothFamilies]
    public void Syn_ToAnotherPortOfAVirtualAddress_GetsReset(bool isIPv4)
    {
        ServiceBench bench = new(isIPv4);
        bench.Serve(bench.VirtualRule(IpProtocol.Tcp));

        Segment answer = bench.Connect(bench.Virtual with { Port = 5_001 }).Must();

        Assert.Equal(TcpFlags.Reset | TcpFlags.Acknowledgment, answer.Flags);
        Assert.Equal(0, bench.Stack.Host.ConnectCount);
    }

    [Fact]
    public void Syn_ToAVirtualAddressBeyondTheSubnet_ReachesNobodyElse()
    {
        ServiceBench bench = new();
        IpEndpoint elsewhere = new(VirtualNetwork.Far, 80);
        bench.Stack.Host.Serve(elsewhere);
        SimServer server = bench.Stack.Host.Serve(ServiceBench.AtHost);
        bench.Serve(bench.Rule(elsewhere, IpProtocol.Tcp, isVirtual: true));

        bench.Connect(elsewhere).Must();
        Segment other = bench.Connect(elsewhere with { Port = 81 }).Must();

        Assert.Single(server.Connections);
        Assert.True(other.Flags.HasFlag(TcpFlags.Reset));
        Assert.Equal(1, bench.Stack.Host.ConnectCount);
    }

    [Fact]
    public void Syn_Intercepted_GoesToTheTargetAndOtherPortsTheirOwnWay()
    {
        ServiceBench bench = new();
        SimServer real = bench.Stack.Host.Serve(VirtualNetwork.FarEndpoint with { Port = 81 });
        SimServer server = bench.Stack.Host.Serve(ServiceBench.AtHost);
        bench.Serve(bench.Rule(VirtualNetwork.FarEndpoint, IpProtocol.Tcp, isVirtual: false)
            with { Destination = IpPrefix.Parse("198.51.100.0/24") });

        bench.Connect(VirtualNetwork.FarEndpoint).Must();
        Assert.Single(server.Connections);
        bench.Connect(VirtualNetwork.FarEndpoint with { Port = 81 }).Must();
        Assert.Single(real.Connections);
    }

    [Fact]
    public void Syn_OfNat64ToAnInterceptedAddress_GoesToTheTarget()
    {
        ServiceBench bench = new(isIPv4: false);
        StackBench stack = new(VirtualNetwork.Settings6 with
        {
            Ipv6 = new Ipv6Settings { Nat64Prefix = IpPrefix.Parse("64:ff9b::/96") },
        });
        SimServer server = stack.Host.Serve(ServiceBench.AtHost);
        stack.Settings.Services.Current = new ServiceTable(
        [
            bench.Rule(VirtualNetwork.FarEndpoint, IpProtocol.Tcp, isVirtual: false)
                with { Destination = IpPrefix.Parse("198.51.100.0/24") },
        ]);

        stack.Send(new Segment
        {
            Source = bench.Guest, Flags = TcpFlags.Syn,
            Destination = new(IpAddress.Parse("64:ff9b::198.51.100.7"), 80),
        }.ToFrame());

        Assert.Single(server.Connections);
    }

    [Theory]
    [BothFamilies]
    public void Syn_ToAPortOfTheGateway_ConnectsToItsTarget(bool isIPv4)
    {
        ServiceBench bench = new(isIPv4);
        SimServer server = bench.Stack.Host.Serve(ServiceBench.AtHost);
        IpEndpoint gateway = new(bench.Gateway, 8_080);
        bench.Serve(bench.Rule(gateway, IpProtocol.Tcp, isVirtual: false));

        Assert.False(bench.Connect(gateway).Must().Flags.HasFlag(TcpFlags.Reset));
        Assert.Single(server.Connections);
        Assert.True(
            bench.Connect(gateway with { Port = 8_081 }).Must().Flags.HasFlag(TcpFlags.Reset));
    }

    [Theory]
    [BothFamilies]
    public void Syn_TargetRefuses_GetsReset(bool isIPv4)
    {
        ServiceBench bench = new(isIPv4);
        bench.Stack.Host.Serve(ServiceBench.AtHost).Outcome = HostError.Refused;
        bench.Serve(bench.VirtualRule(IpProtocol.Tcp));

        Assert.True(bench.Connect(bench.Virtual).Must().Flags.HasFlag(TcpFlags.Reset));
    }

    [Fact]
    public void Syn_AfterTheServiceIsRemoved_IsRefusedAndTheOpenFlowGoesOn()
    {
        ServiceBench bench = new();
        SimServer server = bench.Stack.Host.Serve(ServiceBench.AtHost);
        bench.Serve(bench.VirtualRule(IpProtocol.Tcp));
        Segment answer = bench.Connect(bench.Virtual).Must();

        bench.Remove();
        bench.Stack.Send(new Segment
        {
            Source = bench.Guest, Destination = bench.Virtual, Sequence = 1_001,
            Acknowledgment = answer.Sequence + 1, Flags = TcpFlags.Acknowledgment,
            Payload = [1, 2, 3],
        }.ToFrame());

        Assert.Equal([1, 2, 3], server.Connection.ReadAll());
        bench.Stack.Send(new Segment
        {
            Source = bench.Guest with { Port = 40_001 }, Destination = bench.Virtual,
            Flags = TcpFlags.Syn,
        }.ToFrame());
        Assert.Contains(
            bench.Stack.Port.TakeAll().Select(frame => Segment.ParseFrame(frame)),
            segment => segment.Flags.HasFlag(TcpFlags.Reset)
                && segment.Destination.Port == 40_001);
        Assert.Equal(1, bench.Stack.Host.ConnectCount);
    }
}
