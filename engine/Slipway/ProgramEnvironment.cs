using Slipway.Control;
using Slipway.Engine;

namespace Slipway;

/// <summary>What this program gives an engine that the C library does without.</summary>
internal static class ProgramEnvironment
{
    public static EngineEnvironment Create() => new()
    {
        HttpRequests = static parts => new GuestHttp(parts),
        GuestPages = static engine => new GuestPages(engine, ProgramVersion.Text),
        Resolvers = StartKeeper(),
        Sandbox = SandboxPosture.List,
    };

    private static KeptResolvers? StartKeeper()
    {
        KeptResolvers? kept = KeptResolvers.Start(SandboxEntry.Handover is not null);
        if (kept is null)
        {
            StandardError.Say(
                "names are looked up and PAC files run in the engine's own process: /bin/sh or "
                    + "/proc, by which one beside it is started, cannot be had", LogLevel.Warning);
        }

        return kept;
    }
}
