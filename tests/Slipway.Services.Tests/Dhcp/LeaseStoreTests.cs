using Slipway.Wire;

namespace Slipway.Services.Tests.Dhcp;

public sealed class LeaseStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slipway-leases").FullName;
    private readonly List<string> _reports = [];

    private string LeasePath => Path.Combine(_folder, "leases.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private LeaseStore Store(string? path = null, TimeSpan? delay = null) => new(
        path ?? LeasePath,
        report =>
        {
            lock (_reports)
            {
                _reports.Add(report);
            }
        },
        delay ?? TimeSpan.FromMinutes(5),
        TimeSpan.FromMilliseconds(20));

    [Fact]
    public void Restart_WithTheFile_KeepsAddressesNamesAndExpiredClients()
    {
        string gone;
        using (DhcpExchange first = new(new DhcpSettings(), Store()))
        {
            Assert.Equal("192.168.127.2", first.Lease(1, "web"));
            gone = first.Lease(2, "gone");
            first.Release(2, gone);
        }

        using DhcpExchange second = new(new DhcpSettings(), Store());
        Assert.True(second.Server.TryGetAddress("web", out IpAddress web));
        Assert.Equal("192.168.127.2", web.ToString());
        Assert.False(second.Server.TryGetAddress("gone", out _));
        Assert.Equal("192.168.127.4", second.Lease(3));
        Assert.Equal(gone, second.Lease(2));
        Assert.Equal(DhcpMessageType.Ack, second.Renew(1, "192.168.127.2")!.Type);
        Assert.Empty(_reports);
    }

    [Fact]
    public void Restart_InAnotherSubnet_ForgetsWhatDoesNotFit()
    {
        using (DhcpExchange first = new(new DhcpSettings(), Store()))
        {
            first.Lease(1, "web");
        }

        using DhcpExchange second = new(
            new DhcpSettings
            {
                Subnet = IpPrefix.Parse("10.0.0.0/24"),
                Gateway = IpAddress.Parse("10.0.0.1"),
                HostAlias = null,
            },
            Store());
        Assert.Equal("10.0.0.2", second.Discover(1)!.Address);
        Assert.Empty(second.Server.Leases.Leases);
    }

    [Theory]
    [InlineData("{ \"version\": 1, \"leases\": [ {")]
    [InlineData("not json at all")]
    [InlineData("")]
    [InlineData("{ \"version\": 7, \"leases\": [] }")]
    [InlineData("{ \"version\": 1, \"leases\": [ null ] }")]
    [InlineData("""
        { "version": 1, "leases": [ { "address": "x", "mac": "y", "client": "z",
          "expires": "2026-01-01T00:00:00Z" } ] }
        """)]
    [InlineData("""
        { "version": 1, "leases": [ { "address": "192.168.127.2", "mac": "52:54:00:00:00:01",
          "client": "zz", "expires": "2026-01-01T00:00:00Z" } ] }
        """)]
    [InlineData("""
        { "version": 1, "leases": [ { "address": "192.168.127.2", "mac": "52:54:00:00:00:01",
          "client": null, "expires": "2026-01-01T00:00:00Z" } ] }
        """)]
    public void Load_DamagedFile_IsReportedKeptAsideAndNotFatal(string content)
    {
        File.WriteAllText(LeasePath, content);
        using (DhcpExchange exchange = new(new DhcpSettings(), Store()))
        {
            Assert.Equal("192.168.127.2", exchange.Lease(1));
        }

        Assert.Contains("damaged", Assert.Single(_reports), StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(LeasePath + ".bad"));
        Assert.Contains("192.168.127.2", File.ReadAllText(LeasePath), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changed_OftenAtOnce_IsWrittenLaterAndWhole()
    {
        using DhcpExchange exchange =
            new(new DhcpSettings(), Store(delay: TimeSpan.FromMilliseconds(50)));
        for (int client = 1; client <= 50; client++)
        {
            exchange.Lease(client);
        }

        await Eventually(() => File.Exists(LeasePath)
            && Store().Load().Count == 50);
        Assert.False(File.Exists(LeasePath + ".tmp"));
    }

    [Fact]
    public async Task Write_Impossible_IsReportedOnceAndTriedAgain()
    {
        string folder = Path.Combine(_folder, "later");
        string path = Path.Combine(folder, "leases.json");
        using DhcpExchange exchange =
            new(new DhcpSettings(), Store(path, TimeSpan.FromMilliseconds(1)));
        exchange.Lease(1);
        await Task.Delay(200);
        exchange.Lease(2);
        await Task.Delay(100);
        Assert.Contains("cannot be written", Assert.Single(_reports), StringComparison.Ordinal);
        Directory.CreateDirectory(folder);
        await Eventually(() => File.Exists(path));
        Assert.Equal(2, Store(path).Load().Count);
    }

    [Fact]
    public void Write_ToAFullDisk_IsReportedAndTheOldFileStays()
    {
        using (DhcpExchange first = new(new DhcpSettings(), Store()))
        {
            first.Lease(1);
        }

        string before = File.ReadAllText(LeasePath);
        File.CreateSymbolicLink(LeasePath + ".tmp", "/dev/full");
        using (DhcpExchange second = new(new DhcpSettings(), Store()))
        {
            Assert.Equal("192.168.127.3", second.Lease(2));
        }

        Assert.Contains("space", Assert.Single(_reports), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(before, File.ReadAllText(LeasePath));
    }

    private static async Task Eventually(Func<bool> holds)
    {
        for (int i = 0; i < 500 && !holds(); i++)
        {
            await Task.Delay(10);
        }

        Assert.True(holds());
    }
}
