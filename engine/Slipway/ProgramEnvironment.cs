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
        Resolvers = KeptResolvers.Start(),
    };
}
