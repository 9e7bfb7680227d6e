using System.Net.Sockets;
using Slipway.Linux;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Host.Tests;

/// <summary>Published TCP ports: accepted, adopted, and refused when descriptors run out.</summary>
public sealed class TcpListenerTests
{
    [Theory]
    [BothFamilies]
    public void Accept_OfAConnection_GivesAStreamWhoseOwnerIsToldWhatWaits(bool ipv4)
    {
        using HostFixture host = new(ipv4: ipv4);
        Owner owner = new();
        IHostListener listener = Listen(host, owner, new IpEndpoint(host.Loopback, 0));
        Assert.Equal(HostError.WouldBlock, listener.Accept(out _, out _));

        Socket client = host.ConnectTo(listener.LocalEndpoint.Port);
        client.Send("early"u8);
        host.Until(() => (owner.Seen & Readiness.Readable) != 0, "the connection is told");
        Assert.Equal(HostError.None, listener.Accept(out IHostStream? stream, out IpEndpoint from));
        Assert.Equal(HostFixture.ToEndpoint(client), from);
        Assert.Equal(listener.LocalEndpoint, stream!.LocalEndpoint);

        Owner flow = new();
        host.Network.Adopt(stream, flow);
        host.Until(() => (flow.Seen & Readiness.Readable) != 0, "what came before is told");
        Assert.Equal(HostIo.Moved(5, isDrained: true), stream.Peek(0, new byte[16]));
        stream.Close(reset: false);
        listener.Close();
    }

    [Theory]
    [BothFamilies]
    public void ListenTcp_OnATakenPort_SaysSo(bool ipv4)
    {
        using HostFixture host = new(ipv4: ipv4);
        host.Listen(out IpEndpoint taken);
        Assert.Equal(
            HostError.AddressInUse,
            HostSockets.Open(IpProtocol.Tcp, taken, out int none));
        Assert.Equal(-1, none);
    }

    [Theory]
    [BothFamilies]
    public void ListenTcp_OnAnAddressOfAnotherHost_IsRefused(bool ipv4)
    {
        using HostFixture host = new(ipv4: ipv4);
        IpEndpoint foreign = new(IpAddress.Parse(ipv4 ? "192.0.2.1" : "2001:db8::1"), 0);
        Assert.Equal(
            HostError.NetworkUnreachable, HostSockets.Open(IpProtocol.Tcp, foreign, out _));
    }

    [Theory]
    [BothFamilies]
    public void Accept_OutOfDescriptors_RefusesTheClientAndServesTheNext(bool ipv4)
    {
        using HostFixture host = new(ipv4: ipv4);
        Owner owner = new();
        IHostListener listener = Listen(host, owner, new IpEndpoint(host.Loopback, 0));
        Socket refused = host.ConnectTo(listener.LocalEndpoint.Port);
        (ulong soft, _) = CurrentProcess.DescriptorLimit;
        List<int> taken = [];
        HostError error;
        try
        {
            // The limit comes down to what is open, so that other threads are hindered shortly
            // only.
            int next = Files.Open("/dev/null", Files.ReadOnly | Files.CloseOnExec);
            taken.Add(next);
            Assert.True(CurrentProcess.SetDescriptorLimit((ulong)next + 1));
            while ((next = Files.Open("/dev/null", Files.ReadOnly | Files.CloseOnExec)) >= 0)
            {
                taken.Add(next);
            }

            error = listener.Accept(out _, out _);
        }
        finally
        {
            Assert.True(CurrentProcess.SetDescriptorLimit(soft));
            taken.ForEach(Files.Close);
        }

        Assert.Equal(HostError.NoResources, error);
        SocketException e = Assert.Throws<SocketException>(() => refused.Receive(new byte[1]));
        Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
        Assert.Equal(HostError.WouldBlock, listener.Accept(out _, out _));

        Socket served = host.ConnectTo(listener.LocalEndpoint.Port);
        host.Until(() => listener.Accept(out IHostStream? stream, out _) == HostError.None
            && stream is not null, "the next is accepted");
        listener.Close();
    }

    /// <summary>One port of 0.0.0.0 and of ::, as `-p PORT` of both families asks for.</summary>
    [Fact]
    public void ListenTcp_OnAnyAddressOfBothFamilies_TellsThemApart()
    {
        using HostFixture ipv4 = new();
        using HostFixture ipv6 = new(ipv4: false);
        IHostListener first = Listen(ipv4, new Owner(), new IpEndpoint(IpAddress.IPv4Any, 0));
        ushort port = first.LocalEndpoint.Port;
        IHostListener second = Listen(ipv6, new Owner(), new IpEndpoint(default, port));

        Assert.Equal(new IpEndpoint(default, port), second.LocalEndpoint);
        AcceptsAlone(first, second, ipv4.ConnectTo(port));
        AcceptsAlone(second, first, ipv6.ConnectTo(port));
        first.Close();
        second.Close();
    }

    private static void AcceptsAlone(IHostListener one, IHostListener other, Socket client)
    {
        Assert.Equal(HostError.WouldBlock, other.Accept(out _, out _));
        Assert.Equal(HostError.None, one.Accept(out IHostStream? stream, out IpEndpoint from));
        Assert.Equal(HostFixture.ToEndpoint(client), from);
        stream!.Close(reset: false);
    }

    private static IHostListener Listen(HostFixture host, Owner owner, IpEndpoint local)
    {
        Assert.Equal(
            HostError.None, HostSockets.Open(IpProtocol.Tcp, local, out int descriptor));
        return host.Network.WatchListener(descriptor, isUnix: false, owner);
    }
}
