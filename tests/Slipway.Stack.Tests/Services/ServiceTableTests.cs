using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Services;

/// <summary>Which rule a destination falls under.</summary>
public sealed class ServiceTableTests
{
    private static readonly ServiceTarget s_first = new EndpointTarget(new(default, 1));
    private static readonly ServiceTarget s_second = new EndpointTarget(new(default, 2));

    [Theory]
    [InlineData("10.1.2.3", 80, true)]
    [InlineData("10.1.255.255", 90, true)]
    [InlineData("10.1.2.3", 79, false)]
    [InlineData("10.1.2.3", 91, false)]
    [InlineData("10.2.0.0", 80, false)]
    [InlineData("10.0.255.255", 80, false)]
    [InlineData("::a01:203", 80, false)]
    public void Find_PrefixAndRange_CoversThemAndNoMore(string address, int port, bool isFound)
    {
        ServiceTable table = new([Rule("10.1.0.0/16", 80, 90, s_first)]);

        Assert.Equal(isFound ? s_first : null, Find(table, address, port));
    }

    [Fact]
    public void Find_OtherProtocol_IsNotFound()
    {
        ServiceTable table = new([Rule("10.1.0.0/16", 80, 80, s_first)]);

        Assert.Null(table.Find(
            IpProtocol.Udp, new(IpAddress.Parse("10.1.2.3"), 80), isOwn: false));
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.1.0.0/16")]
    [InlineData("0.0.0.0/0", "10.1.2.3/32")]
    public void Find_LongerPrefixWithMorePorts_GoesBeforeTheShorter(string wide, string narrow)
    {
        ServiceTable table = new(
            [Rule(wide, 80, 80, s_first), Rule(narrow, 1, 65_535, s_second)]);

        Assert.Equal(s_second, Find(table, "10.1.2.3", 80));
        Assert.Equal(s_first, Find(table, "10.2.2.3", 80) ?? s_first);
    }

    [Fact]
    public void Find_LongerPrefixWithoutThePort_LeavesItToTheShorter()
    {
        ServiceTable table = new(
            [Rule("10.0.0.0/8", 1, 65_535, s_first), Rule("10.1.0.0/16", 443, 443, s_second)]);

        Assert.Equal(s_first, Find(table, "10.1.2.3", 80));
        Assert.Equal(s_second, Find(table, "10.1.2.3", 443));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Find_ExactPortInARange_GoesBeforeItInAnyOrder(bool exactFirst)
    {
        ServiceRule exact = Rule("10.1.0.0/16", 80, 80, s_first);
        ServiceRule range = Rule("10.1.0.0/16", 79, 81, s_second);
        ServiceTable table = new(exactFirst ? [exact, range] : [range, exact]);

        Assert.Equal(s_first, Find(table, "10.1.2.3", 80));
        Assert.Equal(s_second, Find(table, "10.1.2.3", 81));
    }

    [Fact]
    public void Find_AllOfAFamily_IsNotTheOther()
    {
        ServiceTable table = new(
            [Rule("0.0.0.0/0", 80, 80, s_first), Rule("::/0", 80, 80, s_second)]);

        Assert.Equal(s_first, Find(table, "198.51.100.7", 80));
        Assert.Equal(s_second, Find(table, "2001:db8::7", 80));
    }

    [Fact]
    public void Find_AddressOfTheEngine_TakesARuleForThatAddressAlone()
    {
        IpEndpoint gateway = new(VirtualNetwork.Gateway, 80);
        ServiceTable wide = new([Rule("0.0.0.0/0", 80, 80, s_first)]);
        ServiceTable exact = new([Rule("192.168.127.1/32", 80, 80, s_first)]);

        Assert.Null(wide.Find(IpProtocol.Tcp, gateway, isOwn: true));
        Assert.Equal(s_first, exact.Find(IpProtocol.Tcp, gateway, isOwn: true));
    }

    /// <summary>Against the definition, rule by rule.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Find_RandomRules_IsTheMostSpecific(int seed)
    {
        Random random = new(seed);
        List<ServiceRule> rules = [];
        for (int i = 0; i < 200; i++)
        {
            IpPrefix prefix = IpPrefix.Around(
                IpAddress.FromIPv4(0x0a00_0000u | (uint)random.Next(256)), random.Next(20, 33));
            ushort first = (ushort)random.Next(1, 20);
            rules.Add(new ServiceRule(
                prefix, new PortRange(first, (ushort)(first + random.Next(5))), IpProtocol.Tcp,
                new EndpointTarget(default), IsVirtual: false));
        }

        ServiceTable table = new(rules);
        for (int i = 0; i < 2_000; i++)
        {
            IpEndpoint destination = new(
                IpAddress.FromIPv4(0x0a00_0000u | (uint)random.Next(256)),
                (ushort)random.Next(1, 25));
            ServiceRule? expected = rules
                .Where(rule => rule.Destination.Contains(destination.Address)
                    && rule.Ports.Contains(destination.Port))
                .OrderByDescending(rule => rule.Destination.Length)
                .ThenBy(rule => rule.Ports.Last - rule.Ports.First).FirstOrDefault();
            Assert.Same(
                expected?.Target, table.Find(IpProtocol.Tcp, destination, isOwn: false));
        }
    }

    [Fact]
    public void Find_ManyTimes_AllocatesNothing()
    {
        ServiceTable table = new(
            [Rule("10.1.0.0/16", 80, 80, s_first), Rule("10.1.2.3/32", 90, 90, s_first)]);
        IpEndpoint destination = new(IpAddress.Parse("10.1.2.3"), 80);
        table.Find(IpProtocol.Tcp, destination, isOwn: false);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            table.Find(IpProtocol.Tcp, destination, isOwn: false);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Table_VirtualPrefixOrTooManyRules_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new ServiceTable(
            [Rule("10.1.0.0/16", 80, 80, s_first) with { IsVirtual = true }]));
        Assert.Throws<ArgumentException>(() => new ServiceTable([.. Enumerable.Repeat(
            Rule("10.1.0.0/16", 80, 80, s_first), ServiceTable.MostRules + 1)]));
    }

    private static ServiceTarget? Find(ServiceTable table, string address, int port) => table.Find(
        IpProtocol.Tcp, new(IpAddress.Parse(address), (ushort)port), isOwn: false);

    private static ServiceRule Rule(
        string destination, ushort first, ushort last, ServiceTarget target) => new(
            IpPrefix.Parse(destination), new PortRange(first, last), IpProtocol.Tcp, target,
            IsVirtual: false);
}
