namespace Slipway.Services.Tests.Dns;

/// <summary>A server whose host is files of the test's, and a guest that asks it.</summary>
internal sealed class DnsExchange : IDisposable
{
    /// <summary>The number of its link.</summary>
    public const int Guest = 2;

    private readonly string _folder = Directory.CreateTempSubdirectory("slipway-dns").FullName;

    public DnsExchange(
        IReadOnlyList<NameServerEndpoint>? nameServers = null,
        ILeaseNames? leases = null,
        Func<DnsSettings, DnsSettings>? with = null)
    {
        Settings = new DnsSettings
        {
            NameServers = nameServers ?? [],
            HostsPath = PathOf("hosts"),
            ResolverConfigurationPath = PathOf("resolv.conf"),
            NameServiceSwitchPath = PathOf("nsswitch.conf"),
            FileCheckInterval = TimeSpan.Zero,
        };
        Settings = with?.Invoke(Settings) ?? Settings;
        Server = new DnsServer(Settings, leases);
    }

    public DnsSettings Settings { get; }

    public DnsServer Server { get; }

    public void Write(string file, string text) => File.WriteAllText(PathOf(file), text);

    /// <summary>What the server knows itself; the test fails if it would ask others.</summary>
    public Response Local(byte[] query, bool overTcp = false)
    {
        byte[] response = new byte[65_535];
        Assert.Equal(
            DnsDisposition.Answered, Server.TryAnswer(query, overTcp, response, out int length));
        return new Response(response[..length]);
    }

    /// <summary>Whether the server knows it itself.</summary>
    public bool IsLocal(byte[] query) =>
        Server.TryAnswer(query, overTcp: false, new byte[512], out _) == DnsDisposition.Answered;

    public async Task<Response> AskAsync(byte[] query, bool overTcp = false)
    {
        byte[]? response = await Server.AnswerAsync(query, Guest, overTcp)
            .AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.NotNull(response);
        return new Response(response);
    }

    public void Dispose()
    {
        Server.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string PathOf(string file) => Path.Combine(_folder, file);
}
