namespace Slipway.SystemTests.Harness;

/// <summary>squid on the host's loopback, with a log of what it was asked for.</summary>
public sealed class SquidProxy : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly RunningProgram _squid;

    /// <param name="folder">Where its files go; squid becomes another user.</param>
    public SquidProxy(NetworkNamespace where, string folder, int port)
    {
        Directory.CreateDirectory($"{folder}/squid");
        File.SetUnixFileMode(folder, (UnixFileMode)0x1ff);
        File.SetUnixFileMode($"{folder}/squid", (UnixFileMode)0x1ff);
        LogPath = $"{folder}/squid/access.log";
        File.WriteAllText($"{folder}/squid.conf", $"""
            http_port 127.0.0.1:{port}
            pid_filename none
            cache deny all
            cache_mem 1 MB
            access_log stdio:{LogPath}
            cache_log {folder}/squid/cache.log
            coredump_dir {folder}/squid
            netdb_filename none
            pinger_enable off
            shutdown_lifetime 0 seconds
            workers 1
            dns_nameservers 127.0.0.1
            http_access allow all

            """);
        Url = $"http://127.0.0.1:{port}";
        _squid = where.Start(
            "/usr/sbin/squid", "-N", "-n", $"slipway{Environment.ProcessId}p{port}", "-f",
            $"{folder}/squid.conf");
        Eventually.Holds(Patience, "squid listens", () => where.Run("ss", "-Hltn").Output
            .Contains($":{port}", StringComparison.Ordinal));
    }

    public string Url { get; }

    public string LogPath { get; }

    public void Dispose() => _squid.Dispose();
}
