using Slipway.Wire;

namespace Slipway.Services.Tests.Dhcp;

/// <summary>A server with a clock that the test moves, and what clients do with it.</summary>
internal sealed class DhcpExchange(DhcpSettings settings, LeaseStore? store = null) : IDisposable
{
    public const string Gateway = "192.168.127.1";

    public DhcpExchange()
        : this(new DhcpSettings())
    {
    }

    public ManualTime Time { get; } = new();

    public DhcpServer Server => field ??= new DhcpServer(settings, store, Time);

    public static MacAddress Mac(int number) => new(0x5254_0000_0000 + (ulong)number);

    /// <summary>Sends a message; null if it is not answered.</summary>
    public Answer? Send(ClientMessage message) => Send(message.ToArray(), message.Mac);

    /// <summary>The switch port by which messages come.</summary>
    public int Port { get; set; } = 1;

    public Answer? Send(byte[] message, MacAddress from, string packetSource = "0.0.0.0")
    {
        byte[] reply = new byte[1500];
        return Server.TryHandle(
            message, from, Port, IpAddress.Parse(packetSource), Time.GetUtcNow(), reply,
            out DhcpReply meta)
            ? new Answer(meta, reply[..meta.LengthBytes]) : null;
    }

    public Answer? Discover(int client) =>
        Send(new ClientMessage(DhcpMessageType.Discover, Mac(client)));

    public Answer? Select(int client, string address, string? name = null)
    {
        ClientMessage message = new ClientMessage(DhcpMessageType.Request, Mac(client))
            .With(DhcpOption.RequestedAddress, address).With(DhcpOption.ServerIdentifier, Gateway)
            .Asking(DhcpOption.HostName);
        return Send(name is null ? message : message.Named(name));
    }

    public Answer? Renew(int client, string address) =>
        Send(new ClientMessage(DhcpMessageType.Request, Mac(client)).From(address));

    /// <summary>DISCOVER and REQUEST; the address that was leased.</summary>
    public string Lease(int client, string? name = null)
    {
        string offered = Discover(client)!.Address;
        Answer ack = Select(client, offered, name)!;
        Assert.Equal(DhcpMessageType.Ack, ack.Type);
        Assert.Equal(offered, ack.Address);
        return offered;
    }

    public void Release(int client, string address) => Assert.Null(Send(
        new ClientMessage(DhcpMessageType.Release, Mac(client)).From(address)
            .With(DhcpOption.ServerIdentifier, Gateway)));

    public void Decline(int client, string address) => Assert.Null(Send(
        new ClientMessage(DhcpMessageType.Decline, Mac(client))
            .With(DhcpOption.RequestedAddress, address)
            .With(DhcpOption.ServerIdentifier, Gateway)));

    public void Dispose() => Server.Dispose();
}
