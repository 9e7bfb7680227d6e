using Slipway.Services;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Fuzz.Targets;

/// <summary>DHCP and DHCPv6: messages, and what servers make of some in a row.</summary>
internal static class LeaseTargets
{
    private const int MostMessages = 8;
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(56);

    public static IReadOnlyList<FuzzTarget> Items { get; } =
    [
        new("dhcp", Dhcp, [Packed.Of(Discover(1)), Packed.Of(Discover(1), Discover(3))]),
        new("dhcp6", Dhcp6, [Packed.Of(Solicit(1)), Packed.Of(Solicit(1), Solicit(3))]),
    ];

    private static void Dhcp(ReadOnlySpan<byte> input)
    {
        using DhcpServer server = new(new DhcpSettings());
        byte[] reply = new byte[576];
        foreach (byte[] message in Packed.Read(input, MostMessages))
        {
            if (DhcpMessage.TryParse(message, out DhcpMessage parsed) == ParseError.None)
            {
                DhcpOptionReader options = parsed.Options;
                while (options.TryRead(out _, out ReadOnlySpan<byte> value))
                {
                    _ = value.Length;
                }
            }

            if (server.TryHandle(
                message, VirtualNetwork.GuestMac, 1, default, Now, reply, out DhcpReply meta))
            {
                FuzzFaultException.If(
                    DhcpMessage.TryParse(reply.AsSpan(0, meta.LengthBytes), out DhcpMessage told)
                        != ParseError.None,
                    "a reply does not parse");
                CheckAddress(told.YourAddress);
            }
        }

        FuzzFaultException.If(
            server.Leases.Leases.Count > MostMessages, "there are more leases than messages");
    }

    private static void CheckAddress(IpAddress address) => FuzzFaultException.If(
        !address.IsUnspecified && (!new DhcpSettings().Subnet.Contains(address)
            || address == VirtualNetwork.Gateway || address == VirtualNetwork.HostAlias),
        $"{address} was offered");

    private static void Dhcp6(ReadOnlySpan<byte> input)
    {
        using Dhcp6Server server = new(new Dhcp6Settings());
        byte[] reply = new byte[1_232];
        Dhcp6Origin from = new(
            VirtualNetwork.GuestMac, 1, VirtualNetwork.GuestLinkLocal,
            Dhcp6Message.ServersAddress);
        foreach (byte[] message in Packed.Read(input, MostMessages))
        {
            if (server.TryHandle(message, from, Now, reply, out Dhcp6Reply meta))
            {
                FuzzFaultException.If(
                    Dhcp6Message.TryParse(reply.AsSpan(0, meta.LengthBytes), out _)
                        != ParseError.None,
                    "a reply does not parse");
            }
        }
    }

    private static byte[] Discover(byte type) =>
    [
        1, 1, 6, 0, 1, 2, 3, 4, .. new byte[20], 2, 0, 0, 0, 0, 2, .. new byte[10],
        .. new byte[192], 99, 130, 83, 99, 53, 1, type, 50, 4, 192, 168, 127, 2,
        12, 3, .. "web"u8, 55, 4, 1, 3, 6, 15, 61, 7, 1, 2, 0, 0, 0, 0, 2, 255,
    ];

    private static byte[] Solicit(byte type) =>
    [
        type, 1, 2, 3, 0, 1, 0, 10, 0, 3, 0, 1, 2, 0, 0, 0, 0, 2,
        0, 3, 0, 12, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 2, 0, 23, 0, 8, 0, 2, 0, 0,
    ];
}
