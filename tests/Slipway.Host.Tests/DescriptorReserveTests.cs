using System.Net.Sockets;
using Slipway.Linux;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Host.Tests;

/// <summary>Descriptors that flows leave to the control socket, ports and DNS.</summary>
public class DescriptorReserveTests
{
    [Fact]
    public void Flows_WhereOnlyTheReserveIsLeft_AreRefusedAndLeaveNothingOpen()
    {
        using HostFixture host = new();
        host.Listen(out IpEndpoint endpoint);
        Owner owner = new();
        host.Network.DescriptorCeiling = 0; // as if all below it were in use

        Assert.Equal(
            HostError.NoResources, host.Network.ConnectTcp(endpoint, owner, out IHostStream? tcp));
        Assert.Equal(
            HostError.NoResources,
            host.Network.OpenUdp(ipv4: true, owner, out IHostDatagramSocket? udp));
        Assert.Equal(
            HostError.NoResources, host.Network.ConnectUnix("/run/none", owner, out tcp));
        Assert.Equal(
            HostError.NoResources, host.Network.OpenPair(owner, out IHostStream? pair, out _));
        Assert.Equal(
            HostError.NoResources,
            host.Network.OpenHandover(owner, isHeld: false, out HandoverStream? handed, out _));
        Assert.All<object?>([tcp, udp, pair, handed], Assert.Null);

        host.Network.DescriptorCeiling = int.MaxValue;
        Assert.Contains(
            host.Network.ConnectTcp(endpoint, owner, out tcp),
            (HostError[])[HostError.None, HostError.InProgress]);
        tcp!.Close(reset: true);
    }

    [Fact]
    public void Accept_WhereOnlyTheReserveIsLeft_RefusesTheClient()
    {
        using HostFixture host = new();
        HostError error = HostSockets.Open(
            IpProtocol.Tcp, new IpEndpoint(host.Loopback, 0), out int descriptor);
        Assert.Equal(HostError.None, error);
        host.Network.DescriptorCeiling = 0;
        IHostListener listener =
            host.Network.WatchListener(descriptor, isUnix: false, new Owner());
        Socket refused = host.ConnectTo(listener.LocalEndpoint.Port);

        host.Until(
            () => listener.Accept(out _, out _) == HostError.NoResources, "it is refused");

        SocketException e = Assert.Throws<SocketException>(() => refused.Receive(new byte[1]));
        Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
        listener.Close();
    }

    [Fact]
    public void Ceiling_OfASmallLimit_KeepsAQuarterAtMost()
    {
        int soft = (int)Math.Min(CurrentProcess.DescriptorLimit.Soft, int.MaxValue);
        Assert.Equal(soft - Math.Min(64, soft / 4), DescriptorReserve.CeilingFor(64));
        Assert.Equal(soft - (soft / 4), DescriptorReserve.CeilingFor(int.MaxValue));
        Assert.Equal(soft, DescriptorReserve.CeilingFor(0));
    }
}
