using System.Net;
using System.Net.Sockets;
using Slipway.Linux;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Host.Tests;

/// <summary>Published TCP ports: accepted, adopted, and refused when descriptors run out.</summary>
public sealed class TcpListenerTests
{
    private static readonly IpEndpoint s_anyPort = new(IpAddress.IPv4Loopback, 0);

    [Fact]
    public void Accept_OfAConnection_GivesAStreamWhoseOwnerIsToldWhatWaits()
    {
        using HostFixture host = new();
        Owner owner = new();
        IHostListener listener = Listen(host, owner);
        Assert.Equal(HostError.WouldBlock, listener.Accept(out _, out _));

        using Socket client = Connect(listener);
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

    [Fact]
    public void ListenTcp_OnATakenPort_SaysSo()
    {
        using HostFixture host = new();
        host.Listen(out IpEndpoint taken);
        Assert.Equal(
            HostError.AddressInUse, host.Network.ListenTcp(taken, new Owner(),
                out IHostListener? none));
        Assert.Null(none);
    }

    [Fact]
    public void ListenTcp_OnAnAddressOfAnotherHost_IsRefused()
    {
        using HostFixture host = new();
        IpEndpoint foreign = new(IpAddress.Parse("192.0.2.1"), 0);
        Assert.Equal(HostError.NetworkUnreachable, host.Network.ListenTcp(foreign, new Owner(),
            out _));
    }

    [Fact]
    public void Accept_OutOfDescriptors_RefusesTheClientAndServesTheNext()
    {
        using HostFixture host = new();
        Owner owner = new();
        IHostListener listener = Listen(host, owner);
        using Socket refused = Connect(listener);
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

        using Socket served = Connect(listener);
        host.Until(() => listener.Accept(out IHostStream? stream, out _) == HostError.None
            && stream is not null, "the next is accepted");
        listener.Close();
    }

    private static IHostListener Listen(HostFixture host, Owner owner)
    {
        Assert.Equal(HostError.None, host.Network.ListenTcp(s_anyPort, owner,
            out IHostListener? listener));
        return listener!;
    }

    private static Socket Connect(IHostListener listener)
    {
        Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            ReceiveTimeout = 20_000,
        };
        client.Connect(new IPEndPoint(IPAddress.Loopback, listener.LocalEndpoint.Port));
        return client;
    }
}
