using Slipway.Wire;

namespace Slipway.Services.Tests.Dhcp6;

/// <summary>A server with a clock that the test moves, and what clients do with it.</summary>
internal sealed class Dhcp6Exchange(Dhcp6Settings settings, LeaseStore? store = null) : IDisposable
{
    public Dhcp6Exchange()
        : this(new Dhcp6Settings())
    {
    }

    public ManualTime Time { get; } = new();

    public Dhcp6Server Server => field ??= new Dhcp6Server(settings, store, Time);

    /// <summary>The switch port by which messages come.</summary>
    public int Port { get; set; } = 1;

    public static MacAddress Mac(int number) => new(0x5254_0000_0000 + (ulong)number);

    /// <summary>Sends a message; null if it is not answered.</summary>
    public Answer6? Send(
        Client6Message message, int client = 1, string source = "fe80::5054:ff:fe00:1",
        string destination = "ff02::1:2") =>
        Send(message.ToArray(), client, source, destination);

    public Answer6? Send(
        byte[] message, int client = 1, string source = "fe80::5054:ff:fe00:1",
        string destination = "ff02::1:2", int room = 1232)
    {
        byte[] reply = new byte[room];
        Dhcp6Origin from = new(
            Mac(client), Port, IpAddress.Parse(source), IpAddress.Parse(destination));
        return Server.TryHandle(message, from, Time.GetUtcNow(), reply, out Dhcp6Reply meta)
            ? new Answer6(meta, reply[..meta.LengthBytes]) : null;
    }

    public Answer6 Solicit(int client) =>
        Send(Client6Message.Solicit(client).Addresses(1), client)!;

    /// <summary>SOLICIT and REQUEST; the address that was leased.</summary>
    public string Lease(int client, string? name = null)
    {
        string offered = Solicit(client).Address!;
        Client6Message request = Client6Message.Of(Dhcp6MessageType.Request, client)
            .Addresses(1, offered);
        Answer6 reply = Send(name is null ? request : request.Named(name), client)!;
        Assert.Equal(Dhcp6MessageType.Reply, reply.Type);
        Assert.Equal(offered, reply.Address);
        return offered;
    }

    public Answer6 Renew(int client, params string[] addresses) => Send(
        Client6Message.Of(Dhcp6MessageType.Renew, client).Addresses(1, addresses), client)!;

    public Answer6 Release(int client, string address, int from) => Send(
        Client6Message.Of(Dhcp6MessageType.Release, client).Addresses(1, address), from)!;

    public Answer6 Decline(int client, string address) => Send(
        Client6Message.Of(Dhcp6MessageType.Decline, client).Addresses(1, address), client)!;

    public void Dispose() => Server.Dispose();
}
