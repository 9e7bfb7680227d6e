using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;

namespace Slipway.SystemTests;

/// <summary>
/// One run of tools/segments, whose checks go on side by side; each test looks up its own.
/// </summary>
public sealed class SegmentResults(Site site) : IDisposable
{
    private const int MtuBytes = 65520;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private readonly Stack<IDisposable> owned = new();
    private JsonObject? results;

    /// <summary>Every check's name with "", or with what was wrong.</summary>
    public JsonObject All => results ??= Run();

    public void Dispose()
    {
        while (owned.TryPop(out IDisposable? last))
        {
            last.Dispose();
        }
    }

    private JsonObject Run()
    {
        Guest guest = new();
        owned.Push(guest);
        owned.Push(Site.EngineIsKernel
            ? new KernelRouter(site, guest, MtuBytes)
            : new SlipwayEngine(site,
                $"--link=tap:{Guest.Interface},netns={guest.Namespace.Path}", $"--mtu={MtuBytes}"));
        ProgramResult run = guest.Run(Limit, "python3", Repository.Tool("segments"),
            Guest.Interface, Addresses.HostAlias, $"{Site.Port}").OrFail();
        return Guest.Parse(run.Output);
    }
}
