using System.Net;
using System.Net.Sockets;
using Slipway.Wire;

namespace Slipway.Engine.Tests;

/// <summary>Who has a port, as /proc tells it of real sockets.</summary>
public sealed class PortHolderTests
{
    [Theory]
    [InlineData("127.0.0.2", "127.0.0.2", true)]
    [InlineData("127.0.0.2", "127.0.0.1", false)]
    [InlineData("127.0.0.2", "0.0.0.0", true)]
    [InlineData("0.0.0.0", "127.0.0.1", true)]
    [InlineData("::", "127.0.0.1", true)]
    [InlineData("::ffff:127.0.0.2", "127.0.0.2", true)]
    [InlineData("::ffff:127.0.0.2", "127.0.0.1", false)]
    [InlineData("::1", "::1", true)]
    [InlineData("::1", "127.0.0.1", false)]
    public void Holder_OfAPort_IsTheOneWhoseAddressIsInTheWay(
        string bound, string wanted, bool isHeld)
    {
        IPAddress address = IPAddress.Parse(bound);
        using Socket holder = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            holder.DualMode = true;
        }

        holder.Bind(new IPEndPoint(address, 0));
        holder.Listen();
        ushort port = (ushort)((IPEndPoint)holder.LocalEndPoint!).Port;
        string? found = PortHolder.Find(
            IpProtocol.Tcp, new IpEndpoint(IpAddress.Parse(wanted), port));
        Assert.Equal(
            isHeld, found?.Contains(
                $"(process {Environment.ProcessId})", StringComparison.Ordinal) == true);
    }
}
