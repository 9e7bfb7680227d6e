using Slipway.Services;

namespace Slipway;

/// <summary>The processes beside the engine, each role's by a keeper of its own.</summary>
internal sealed class KeptResolvers : IResolverProcesses
{
    private readonly ResolverKeeper _names;
    private readonly ResolverKeeper _scripts;

    private KeptResolvers(ResolverKeeper names, ResolverKeeper scripts)
    {
        _names = names;
        _scripts = scripts;
    }

    /// <summary>
    /// Starts the keepers: before this process gives up the right to start any.
    /// </summary>
    /// <param name="isConfined">Whether they and what they start get a sandbox.</param>
    /// <returns>Null where they cannot be started: then the engine does all itself.</returns>
    public static KeptResolvers? Start(bool isConfined)
    {
        ResolverKeeper? names = ResolverKeeper.Start(ResolverRole.Names, isConfined);
        ResolverKeeper? scripts = ResolverKeeper.Start(ResolverRole.Scripts, isConfined);
        if (names is not null && scripts is not null)
        {
            return new KeptResolvers(names, scripts);
        }

        names?.Dispose();
        scripts?.Dispose();
        return null;
    }

    public int Start(ResolverRole role, out int endedStatus) =>
        (role == ResolverRole.Names ? _names : _scripts).Start(out endedStatus);

    public void Dispose()
    {
        _names.Dispose();
        _scripts.Dispose();
    }
}
