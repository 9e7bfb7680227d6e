using System.Net;
using System.Net.Sockets;
using Slipway.Linux;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Host.Tests;

/// <summary>What is taken of a helper's answer: the socket that was asked for.</summary>
public sealed class PortHelperTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slipway-ask-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(SocketType.Stream, 0, HostError.None)]
    [InlineData(SocketType.Dgram, 0, HostError.Other)]
    [InlineData(SocketType.Stream, 1, HostError.Other)]
    public async Task Answer_OfAnotherSocketThanWasAskedFor_IsNotTaken(
        SocketType type, int offset, HostError outcome)
    {
        using Socket given = new(
            AddressFamily.InterNetwork, type,
            type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp);
        given.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)given.LocalEndPoint!).Port;
        string path = Path.Combine(_folder, "s");
        using Socket helper = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        helper.Bind(new UnixDomainSocketEndPoint(path));
        helper.Listen();
        PortRequest request = new(
            IpProtocol.Tcp, new IpEndpoint(IpAddress.IPv4Loopback, (ushort)(port - offset)));
        int descriptor = -1;
        Task<HostError> asking = Task.Run(
            () => PortHelperClient.Bind(path, request, out descriptor));
        using (Socket client = await helper.AcceptAsync())
        {
            byte[] bytes = new byte[PortRequest.LengthBytes];
            await client.ReceiveAsync(bytes);
            Assert.Equal(0, DescriptorChannel.Send((int)client.Handle, 0, (int)given.Handle));
            Assert.Equal(outcome, await asking);
        }

        Assert.Equal(outcome == HostError.None, descriptor >= 0);
        if (descriptor >= 0)
        {
            Files.Close(descriptor);
        }
    }
}
