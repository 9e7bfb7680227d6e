using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Slipway.Services.Tests.Dns;

/// <summary>What is told of a bus that is not there.</summary>
public sealed class ResolvedDomainsTests
{
    [Fact]
    public async Task Bus_ThatEndsEachConnection_IsToldOnce()
    {
        string folder = Directory.CreateTempSubdirectory("slipway-bus").FullName;
        string path = Path.Combine(folder, "bus");
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, 0);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        ConcurrentQueue<string> lines = [];
        using ResolvedDomains domains = new(
            $"unix:path={path}", () => Assert.Fail("no domain is known"), lines.Enqueue);
        for (int attempts = 0; attempts < 4; attempts++)
        {
            Assert.Same(ResolvedDomains.None, domains.Current);
            using Socket connection =
                await listener.AcceptAsync().WaitAsync(TimeSpan.FromSeconds(30));
            domains.Refresh();
        }

        Assert.Contains("systemd-resolved is not reached", Assert.Single(lines),
            StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }
}
