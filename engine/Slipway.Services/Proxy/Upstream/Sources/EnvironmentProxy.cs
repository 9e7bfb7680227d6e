namespace Slipway.Services;

/// <summary>
/// http_proxy, https_proxy, all_proxy and no_proxy, in lower case before upper case. HTTP_PROXY is
/// left alone where REQUEST_METHOD is set: a CGI program has it from a header of its client.
/// </summary>
internal sealed class EnvironmentProxy : ProxySource
{
    private readonly Func<string, string?> _read;
    private readonly Action<string> _report;
    private readonly Lock _reading = new();
    private (string? Http, string? Https, string? All, string? NoProxy) _seen;

    public EnvironmentProxy(Func<string, string?> read, Action<string> report)
    {
        _read = read;
        _report = report;
        Refresh();
    }

    public override void Refresh()
    {
        lock (_reading)
        {
            Look();
        }
    }

    private void Look()
    {
        bool isCgi = _read("REQUEST_METHOD") is not null;
        (string?, string?, string?, string?) now = (
            Find("http_proxy", isCgi ? null : "HTTP_PROXY"),
            Find("https_proxy", "HTTPS_PROXY"), Find("all_proxy", "ALL_PROXY"),
            Find("no_proxy", "NO_PROXY"));
        if (now == _seen)
        {
            return;
        }

        _seen = now;
        HostRules? direct = _seen.NoProxy is null ? null : ReadRules(_seen.NoProxy);
        ProxySettings settings = new()
        {
            Http = ReadServer("http_proxy", _seen.Http),
            Https = ReadServer("https_proxy", _seen.Https),
            All = ReadServer("all_proxy", _seen.All),
            NoProxy = direct,
            Origin = "the environment",
        };
        Become(settings.SaysWhere || direct is not null ? settings : null);
    }

    // A variable that is empty says nothing, as it is with curl.
    private string? Find(string name, string? other)
    {
        string? value = _read(name);
        value = string.IsNullOrWhiteSpace(value) && other is not null ? _read(other) : value;
        return string.IsNullOrWhiteSpace(value) ? null : value;
    }

    private ProxyServer[]? ReadServer(string name, string? text)
    {
        if (text is null)
        {
            return null;
        }

        if (ProxyServer.TryParse(text, out ProxyServer server, out string fault))
        {
            return [server];
        }

        _report($"{name} {ProxyServer.WithoutCredentials(text)} of the environment {fault}; "
            + "left out");
        return null;
    }

    private HostRules ReadRules(string text)
    {
        HostRules rules = HostRules.Parse(text, out IReadOnlyList<string> faults);
        if (faults.Count > 0)
        {
            _report($"no_proxy of the environment has '{faults[0]}', which is neither a name, an "
                + "address nor a network; left out");
        }

        return rules;
    }
}
