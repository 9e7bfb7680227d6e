using System.Diagnostics;

namespace Slipway.Services.Tests.Proxy;

/// <summary>The desktop's settings by the real gsettings, its values in a file.</summary>
public sealed class DesktopTests : IDisposable
{
    private const string Schema = "org.gnome.system.proxy";
    private readonly TestFolder _folder = new();
    private readonly Lines _log = new();

    [Fact]
    public void Desktop_SettingsChange_AreFollowed()
    {
        using ProxyUpstreams upstreams = Create();
        Set("http", "host", "one.test");
        Set("http", "port", "3128");
        Set("", "mode", "manual");
        WaitFor(upstreams, "http http://one.test:3128, https http://one.test:3128");
        Assert.True(upstreams.Follower.Current.NoProxy!.Matches("localhost", 80));

        Set("https", "host", "two.test");
        Set("https", "port", "3129");
        Set("socks", "host", "three.test");
        Set("socks", "port", "1081");
        WaitFor(
            upstreams,
            "http http://one.test:3128, https http://two.test:3129, all socks5://three.test:1081");

        Set("", "ignore-hosts", "['intranet.test', '10.0.0.0/8']");
        Eventually.IsTrue(
            () => upstreams.Follower.Current.NoProxy?.Matches("a.intranet.test", 80) == true,
            () => _log.All);

        Set("", "autoconfig-url", "http://wpad.test/proxy.pac");
        Set("", "mode", "auto");
        WaitFor(upstreams, "pac http://wpad.test/proxy.pac");
        Set("", "mode", "none");
        WaitFor(upstreams, "direct");
    }

    [Fact]
    public void Desktop_MonitorDies_IsStartedAgain()
    {
        using ProxyUpstreams upstreams = Create();
        Set("http", "host", "one.test");
        Set("http", "port", "3128");
        Set("", "mode", "manual");
        WaitFor(upstreams, "http http://one.test:3128, https http://one.test:3128");

        Eventually.IsTrue(() => Monitors().Count > 0, () => "no monitor runs");
        foreach (int monitor in Monitors())
        {
            using Process process = Process.GetProcessById(monitor);
            process.Kill();
        }

        Set("http", "host", "two.test");
        WaitFor(upstreams, "http http://two.test:3128, https http://two.test:3128");
    }

    [Fact]
    public void Desktop_EngineEnds_LeavesNoMonitor()
    {
        ProxyUpstreams upstreams = Create();
        Eventually.IsTrue(() => Monitors().Count > 0, () => "no monitor runs");
        upstreams.Dispose();
        Eventually.IsTrue(() => Monitors().Count == 0, () => "a monitor runs on");
    }

    [Fact]
    public void Desktop_NoGsettings_IsNoSource()
    {
        using ProxyUpstreams upstreams = Create(_folder["no-such-gsettings"]);
        Assert.Equal("direct", upstreams.Follower.Refresh().ToString());
        Assert.Empty(Monitors());
        Assert.Equal("", _log.All);
    }

    [Theory]
    [InlineData("mode 'none'", "")]
    [InlineData("mode 'manual'|http host 'a.test'|http port 0", "")]
    [InlineData("mode 'manual'|http host 'a.test'|http port 1|use-same-proxy false",
        "http http://a.test:1")]
    [InlineData("mode 'manual'|socks host '::1'|socks port uint32 1", "all socks5://[::1]:1")]
    [InlineData("mode \"manual\"|http host \"a.test\"|http port 1|use-same-proxy false"
        + "|http use-authentication true|http authentication-user 'u@x'"
        + "|http authentication-password 'it\\'s'", "http http://a.test:1")]
    [InlineData("mode 'auto'|autoconfig-url ''", "")]
    [InlineData("mode 'manual'|http host 'a b'|http port 1", "")]
    public void Desktop_Values_AreReadAsPrinted(string values, string expected)
    {
        string text = string.Join('\n', values.Split('|').Select(value => value.Split(' ')[0]
            is "http" or "socks" ? $"{Schema}.{value}" : $"{Schema} {value}"));
        ProxySettings? settings = DesktopSettingsText.Parse(text, []);
        Assert.Equal(expected, settings?.ToString() ?? "");
        if (values.Contains("use-authentication", StringComparison.Ordinal))
        {
            Assert.Equal(
                ("u@x", "it's"), (settings!.Http![0].User, settings.Http[0].Password));
        }
    }

    public void Dispose() => _folder.Dispose();

    // The keyfile backend keeps its values under XDG_CONFIG_HOME: a desktop without a bus.
    private string Command() => _folder.WriteProgram("gsettings", $"""
        #!/bin/sh
        GSETTINGS_BACKEND=keyfile XDG_CONFIG_HOME={_folder.Path} exec /usr/bin/gsettings "$@"
        """);

    private ProxyUpstreams Create(string? command = null) => ProxyUpstreams.Create(
        new ProxyUpstreamConfiguration
        {
            Environment = false,
            SettingsCommand = command ?? Command(),
        },
        (name, _) => throw new InvalidOperationException(name), _log.Add);

    private void Set(string child, string key, string value)
    {
        string schema = child.Length == 0 ? Schema : $"{Schema}.{child}";
        using Process process = Process.Start(
            new ProcessStartInfo(_folder["gsettings"], ["set", schema, key, value]))!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private void WaitFor(ProxyUpstreams upstreams, string expected) => Eventually.IsTrue(
        () => upstreams.Follower.Current.ToString() == expected,
        () => $"{upstreams.Follower.Current} instead of {expected}\n{_log.All}");

    /// <summary>The monitors of this test: they have its folder in their environment.</summary>
    private List<int> Monitors()
    {
        List<int> found = [];
        foreach (string folder in Directory.GetDirectories("/proc"))
        {
            try
            {
                if (int.TryParse(Path.GetFileName(folder), out int id)
                    && File.ReadAllText($"{folder}/cmdline").Contains(
                        "monitor", StringComparison.Ordinal)
                    && File.ReadAllText($"{folder}/environ").Contains(
                        _folder.Path, StringComparison.Ordinal))
                {
                    found.Add(id);
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                continue;
            }
        }

        return found;
    }
}
