using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// IPv6 for a Linux guest in a namespace that takes its address from router advertisements.
/// </summary>
public sealed class Ipv6Tests(Site site, ITestOutputHelper output) : SystemTest(site, output)
{
    private const int Mebibyte = 1 << 20;
    private static readonly string[] Sizes = ["0", "1", "1452", "1453", "9000", "65487"];

    [SlipwayFact]
    public void Guest_ConfiguresItself_ByRouterAdvertisement()
    {
        Guest guest = StartIpv6Guest();
        string routes = guest.Run("ip", "-6", "route").OrFail().Output;
        Assert.Contains("default via fe80::5894:efff:fee4:cdd", routes, StringComparison.Ordinal);
        Assert.Contains(
            "mtu 1500", guest.Run("ip", "link", "show", Guest.Interface).Output,
            StringComparison.Ordinal);
    }

    [SlipwayTheory]
    [InlineData(Addresses.Gateway6)]
    [InlineData(Addresses.HostAlias6)]
    [InlineData(Site.Outside6)]
    [InlineData(Site.Beyond6)]
    public void Ping_IsAnswered(string address)
    {
        Guest guest = StartIpv6Guest();
        Assert.Contains(
            " 0% packet loss",
            guest.Run("ping", "-6", "-c", "3", "-i", "0.1", "-W", "5", address).OrFail().Output,
            StringComparison.Ordinal);
        // Of the first ones the path's MTU may be learned.
        Assert.Contains(
            "icmp_seq=4",
            guest.Run("ping", "-6", "-c", "4", "-i", "0.2", "-W", "5", "-s", "4000", address)
                .OrFail().Output,
            StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void Traceroute_NamesTheRouters()
    {
        Guest guest = StartIpv6Guest();
        string trace = guest.Run(
            "traceroute", "-6", "-n", "-q", "1", "-w", "3", Site.Beyond6).OrFail().Output;
        Assert.Contains(Addresses.Gateway6, trace, StringComparison.Ordinal);
        Assert.Contains(Site.OutsideRouter6, trace, StringComparison.Ordinal);
        Assert.Contains($" {Site.Beyond6} ", trace, StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void Tracepath_FindsThePathMtu()
    {
        Guest guest = StartIpv6Guest();
        string trace = guest.Run("tracepath", "-6", "-n", Site.Beyond6).OrFail().Output;
        Assert.Contains(
            $"pmtu {Site.BeyondMtuBytes}", trace, StringComparison.Ordinal);
    }

    [SlipwayTheory]
    [InlineData(Addresses.HostAlias6, WideMtuBytes)]
    [InlineData(Addresses.HostAlias6, 1500)]
    [InlineData(Site.Beyond6, 1500)]
    public void Transfer_IsWholeInBothDirections(string address, int mtuBytes)
    {
        Guest guest = StartIpv6Guest(mtuBytes);
        foreach (string direction in new[] { "up", "down" })
        {
            JsonObject result =
                guest.Does(direction, address, $"{Site.Port}", $"{64 * Mebibyte}");
            Assert.Equal((string?)result["sent"], (string?)result["got"]);
            Note($"{direction} {address} at MTU {mtuBytes}: {result["ms"]} ms for 64 MiB");
        }
    }

    [SlipwayFact]
    public void HalfClose_WorksFromEitherEnd()
    {
        Guest guest = StartIpv6Guest();
        JsonObject first = guest.Does(
            "guest-ends-first", Site.Outside6, $"{Site.Port}", $"{Mebibyte}");
        Assert.Equal((string?)first["sent"], (string?)first["got"]);
        JsonObject second = guest.Does(
            "host-ends-first", Site.Outside6, $"{Site.Port}", $"{Mebibyte}");
        Assert.Equal((string?)second["sent"], (string?)second["got"]);
    }

    [SlipwayTheory]
    [InlineData(Addresses.HostAlias6, "ECONNREFUSED")]
    [InlineData(Site.Outside6, "ECONNREFUSED")]
    [InlineData(Site.Unreachable6, "ENETUNREACH")]
    [InlineData("fd5a:94ef:e40c::77", "EHOSTUNREACH")]
    public void Connect_ThatCannotBe_FailsAtOnce(string address, string error)
    {
        Guest guest = StartIpv6Guest();
        JsonObject result = guest.Does("attempt", address, "9");
        Assert.Equal(error, (string?)result["error"]);
        // The guest's kernel itself asks for a neighbor in its prefix, which takes seconds. The
        // host's hears an ICMPv6 error over a veth pair only after its second SYN: the first one's
        // comes while connect() still holds the socket.
        double limit = address switch
        {
            Addresses.HostAlias6 or Site.Outside6 => 500,
            Site.Unreachable6 => 2_000,
            _ => 5_000,
        };
        Assert.InRange((double)result["ms"]!, 0, limit);
    }

    [SlipwayTheory]
    [InlineData(Addresses.HostAlias6, WideMtuBytes)]
    [InlineData(Addresses.HostAlias6, 1500)]
    [InlineData(Addresses.HostAlias6, 1280)]
    [InlineData(Site.Outside6, 1500)]
    public void Datagrams_OfEverySize_AreEchoed(string address, int mtuBytes)
    {
        Guest guest = StartIpv6Guest(mtuBytes);
        JsonObject result = guest.Does("datagram-echo", [address, $"{Site.Port}", .. Sizes]);
        Assert.Equal("[]", result["lost"]!.ToJsonString());
    }

    [SlipwayTheory]
    [InlineData(Addresses.HostAlias6, "ECONNREFUSED")]
    [InlineData(Site.Outside6, "ECONNREFUSED")]
    [InlineData(Site.Unreachable6, "ENETUNREACH")]
    public void Datagram_ThatCannotArrive_IsReportedToItsSender(string address, string error)
    {
        Guest guest = StartIpv6Guest();
        Assert.Equal(error, (string?)guest.Does("datagram-error", address, "9")["error"]);
    }

    [SlipwayFact]
    public void Names_AreAnsweredOverIpv6()
    {
        Guest guest = StartIpv6Guest();
        string[] dig = ["dig", "+short", "+tries=1", "+time=5", $"@{Addresses.Gateway6}"];
        Assert.Equal(
            Addresses.HostAlias6,
            guest.Run([.. dig, "host.internal", "AAAA"]).OrFail().Output);
        Assert.Equal(
            "host.internal.",
            guest.Run([.. dig, "+tcp", "-x", Addresses.HostAlias6]).OrFail().Output);
        Assert.Equal(
            "2001:db8::2", guest.Run([.. dig, "both.test", "AAAA"]).OrFail().Output);
    }

    [SlipwayFact]
    public void Curl_ReachesTheHostByName()
    {
        Guest guest = StartIpv6Guest();
        Assert.Equal(
            "hello from the host",
            guest.Run(
                "curl", "-6", "-sS", "--resolve",
                $"host.internal:{Site.Port}:[{Addresses.HostAlias6}]",
                $"http://host.internal:{Site.Port}/").OrFail().Output);
    }

    [SlipwayFact]
    public void Nat64_GuestReachesIpv4Hosts()
    {
        string file = Path.Combine(Path.GetTempPath(), $"slipway-nat64-{Environment.ProcessId}");
        File.WriteAllText(file, """{ "ipv6": { "nat64": true } }""");
        try
        {
            Guest guest = StartIpv6Guest(1500, "--config", file);
            const string mapped = $"64:ff9b::{Site.Outside}";
            JsonObject result = guest.Does("up", mapped, $"{Site.Port}", $"{Mebibyte}");
            Assert.Equal((string?)result["sent"], (string?)result["got"]);
            result = guest.Does("datagram-echo", [mapped, $"{Site.Port}", "0", "1", "9000"]);
            Assert.Equal("[]", result["lost"]!.ToJsonString());
            guest.Run("ping", "-6", "-c", "1", "-W", "5", mapped).OrFail();
            Assert.Equal(
                "64:ff9b::c000:201",
                guest.Run("dig", "+short", $"@{Addresses.Gateway6}", "a.test", "AAAA").Output);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [SlipwayFact]
    public void Route_OfTheHostGoesAndComes_GuestsAreToldAtOnce()
    {
        Guest guest = StartIpv6Guest();
        Site.Host.Configure($"-6 route del {Site.DefaultRoute6}");
        try
        {
            Eventually.Holds(
                TimeSpan.FromSeconds(3), "the guest's default route goes",
                () => !guest.HasIpv6DefaultRoute);
            JsonObject result = guest.Does("attempt", Site.Outside6, "9");
            Assert.Equal("ENETUNREACH", (string?)result["error"]);
        }
        finally
        {
            Site.Host.Configure($"-6 route add {Site.DefaultRoute6}");
        }

        Eventually.Holds(
            TimeSpan.FromSeconds(3), "the guest's default route comes",
            () => guest.HasIpv6DefaultRoute);
        guest.Run("ping", "-6", "-c", "1", "-W", "5", Site.Outside6).OrFail();
    }

    [SlipwayFact]
    public void Off_GuestHasNoIpv6()
    {
        Guest guest = StartGuest(1500, "--ipv6", "off");
        Assert.False(guest.HasIpv6Address);
        Assert.NotEqual(
            0, guest.Run("ping", "-6", "-c", "1", "-W", "1", Addresses.Gateway6).ExitStatus);
    }

    [SlipwayTheory]
    [InlineData("::1")]
    [InlineData("::")]
    public void PublishedPort_LeadsToTheGuestsAddress(string host)
    {
        Guest guest = StartGuest(
            1500, "--publish", $"[{host}]:18080:[{Addresses.Prefix6}:2]:7000");
        guest.Namespace.Configure(
            $"addr add {Addresses.Prefix6}:2/64 dev {Guest.Interface} nodad");
        Own(Site.StartServices(guest.Namespace, $"{Addresses.Prefix6}:2", 7000));
        JsonObject result = JsonNode.Parse(Site.Host.Run(
            "python3", Repository.Tool("guest.py"), "up", "::1", "18080", $"{8 * Mebibyte}")
            .OrFail().Output)!.AsObject();
        Assert.Equal((string?)result["sent"], (string?)result["got"]);
    }

    private Guest StartIpv6Guest(int mtuBytes = 1500, params IEnumerable<string> arguments)
    {
        Guest guest = StartGuest(mtuBytes, arguments);
        guest.AwaitIpv6();
        return guest;
    }
}
