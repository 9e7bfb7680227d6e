using Microsoft.Playwright;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>The status page of a running engine, in Debian's Chromium.</summary>
public sealed class PageTests : SystemTest, IAsyncLifetime
{
    private const string Browser = "/usr/bin/chromium";
    private const string Hostile = "<img src=x onerror=document.title='owned'>";
    private const float PatienceMs = 60_000;
    private readonly string _folder = Directory.CreateTempSubdirectory("slipway-page-").FullName;
    private readonly List<string> _complaints = [];
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private SocketRelay? _relay;

    public PageTests(Site site, ITestOutputHelper output)
        : base(site, output)
    {
    }

    private string Control => Path.Combine(_folder, "control.sock");

    public async Task InitializeAsync()
    {
        if (SystemFactAttribute.Reason is not null)
        {
            return;
        }

        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Browser,
            Args = ["--no-sandbox"], // the tests run as root
            Timeout = PatienceMs,
        });
    }

    protected override void Dispose(bool disposing)
    {
        // The engine first: it makes a socket's file anew that is removed.
        base.Dispose(disposing);
        Directory.Delete(_folder, recursive: true);
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
        _relay?.Dispose();
    }

    [SlipwayFact]
    public async Task Page_WhileAGuestTalks_ShowsItsFlowsByNameItsPortsAndWhatIsDropped()
    {
        Guest guest = Start("--publish", "127.0.0.1:8099:80");
        guest.Run("dig", "+short", "@192.168.127.1", "web.test").OrFail();
        using RunningProgram talk = guest.Namespace.Start(
            "socat", "-u", $"TCP:{Site.Outside}:{Site.Port},readbytes=1", "STDOUT");
        guest.Run("ping", "-c", "1", "-W", "1", "240.0.0.1");
        IPage page = await OpenAsync();
        ILocator row = page.Locator("#flows tbody tr", new() { HasText = Site.Outside });
        await Assertions.Expect(row).ToContainTextAsync("web.test");
        await Assertions.Expect(row).ToContainTextAsync("Established");
        await Assertions.Expect(page.Locator("#ports tbody")).ToContainTextAsync("127.0.0.1:8099");
        await Assertions.Expect(page.Locator("#drops tbody")).ToContainTextAsync("Unroutable");
        await Assertions.Expect(page.Locator("#state")).ToContainTextAsync(
            $"Process {Engine!.ProcessId}");
        await page.GetByLabel("Show only").FillAsync("no such thing");
        await Assertions.Expect(page.Locator("#flows tbody")).ToHaveTextAsync("None that match.");
        await page.GetByLabel("Show only").FillAsync("web.te");
        await Assertions.Expect(row).ToBeVisibleAsync();
        Assert.Empty(_complaints);
    }

    [SlipwayFact]
    public async Task Page_WhileBytesFlow_ShowsTheirRate()
    {
        Guest guest = Start();
        IPage page = await OpenAsync();
        await Assertions.Expect(page.Locator("#rates")).ToContainTextAsync("0 bit/s");
        using RunningProgram load = guest.Starts(
            "down", Addresses.HostAlias, $"{Site.Port}", $"{64L << 30}");
        await Assertions.Expect(page.Locator("#rates")).ToContainTextAsync("Gbit/s");
    }

    [SlipwayFact]
    public async Task Page_WithNamesThatAreMarkup_ShowsThemAsText()
    {
        Guest guest = Start("--config", WriteHostileNames());
        using RunningProgram names = Site.Host.Start(
            "dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--user=root",
            "--conf-file=/dev/null", "--listen-address=127.0.0.9", "--bind-interfaces",
            "--pid-file=", $"--address=/evil.example/{Site.Outside}");
        Eventually.Holds(TimeSpan.FromSeconds(20), "the guest finds a name that is markup", () =>
            guest.Run("dig", "+short", "@192.168.127.1", Escape(Hostile) + ".evil.example")
                .Output.Contains(Site.Outside, StringComparison.Ordinal));
        using RunningProgram talk = guest.Namespace.Start(
            "socat", "-u", $"TCP:{Site.Outside}:{Site.Port},readbytes=1", "STDOUT");
        IPage page = await OpenAsync(async page => await page.RouteAsync(
            "**/v1/leases", route => route.FulfillAsync(new RouteFulfillOptions
            {
                ContentType = "application/json",
                Body = $$"""
                    [{"address":"192.168.127.2","mac":"{{Hostile}}","name":"{{Hostile}}",
                    "expires":"2040-01-01T00:00:00Z","isStatic":false}]
                    """,
            })));
        await Assertions.Expect(page.Locator("#leases tbody")).ToContainTextAsync(Hostile);
        await Assertions.Expect(page.Locator("#flows tbody")).ToContainTextAsync("<img");
        await Assertions.Expect(page.Locator("#flows tbody")).ToContainTextAsync(Hostile);
        Assert.Equal(0, await page.Locator("main img, main script").CountAsync());
        Assert.Equal("Slipway", await page.TitleAsync());
        Assert.Empty(_complaints);
    }

    [SlipwayFact]
    public async Task Page_ByItsPolicy_RunsNothingThatStandsInIt()
    {
        Start();
        IPage page = await OpenAsync();
        await Assertions.Expect(page.Locator("#state")).ToContainTextAsync("runs");
        await page.EvaluateAsync(
            "text => { document.body.insertAdjacentHTML('beforeend', text); }", Hostile);
        for (int i = 0; _complaints.Count == 0 && i < 500; i++)
        {
            await Task.Delay(20);
        }

        Assert.Contains(_complaints, said => said.Contains(
            "Content Security Policy", StringComparison.OrdinalIgnoreCase));
        Assert.Equal("Slipway", await page.TitleAsync());
    }

    [SlipwayTheory]
    [InlineData(ColorScheme.Light, "rgb(246, 248, 250)")]
    [InlineData(ColorScheme.Dark, "rgb(13, 17, 23)")]
    public async Task Page_OnANarrowScreen_FitsItInEitherColors(ColorScheme scheme, string color)
    {
        Start("--publish", "127.0.0.1:8099:80");
        IPage page = await OpenAsync(scheme: scheme, width: 320);
        await Assertions.Expect(page.Locator("#ports tbody")).ToContainTextAsync("127.0.0.1:8099");
        Assert.Equal(color, await page.EvaluateAsync<string>(
            "() => getComputedStyle(document.body).backgroundColor"));
        Assert.True(await page.EvaluateAsync<bool>(
            "() => document.documentElement.scrollWidth <= innerWidth"));
        Assert.Empty(_complaints);
    }

    [SlipwayFact]
    public async Task Page_WhoseEngineHasEnded_SaysSo()
    {
        Start();
        IPage page = await OpenAsync();
        await Assertions.Expect(page.Locator("#state")).ToContainTextAsync("runs");
        Engine!.Stop();
        await Assertions.Expect(page.Locator("#state")).ToHaveTextAsync(
            "The engine does not answer.");
    }

    private Guest Start(params string[] arguments) =>
        StartGuest(WideMtuBytes, ["--control", $"unix:{Control}", .. arguments]);

    // A name that dig takes: dots and backslashes are its own.
    private static string Escape(string label) => label
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace(".", "\\.", StringComparison.Ordinal)
        .Replace(" ", "\\032", StringComparison.Ordinal);

    private string WriteHostileNames()
    {
        string path = Path.Combine(_folder, "slipway.json");
        File.WriteAllText(
            path, """{ "dns": { "domains": { "evil.example": ["127.0.0.9"] } } }""");
        return path;
    }

    private async Task<IPage> OpenAsync(
        Func<IPage, Task>? prepare = null, ColorScheme scheme = ColorScheme.Light,
        int width = 1024)
    {
        _relay = new SocketRelay(Control);
        IPage page = await _browser!.NewPageAsync(new BrowserNewPageOptions
        {
            ColorScheme = scheme,
            ViewportSize = new ViewportSize { Width = width, Height = 800 },
        });
        page.SetDefaultTimeout(PatienceMs);
        Assertions.SetDefaultExpectTimeout(PatienceMs);
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                _complaints.Add(message.Text);
            }
        };
        page.PageError += (_, error) => _complaints.Add(error);
        if (prepare is not null)
        {
            await prepare(page);
        }

        await page.GotoAsync(_relay.Url);
        return page;
    }
}
