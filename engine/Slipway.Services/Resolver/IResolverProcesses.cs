namespace Slipway.Services;

/// <summary>
/// Starts the processes beside the engine, each of which runs <see cref="ResolverService"/>. The
/// engine may have given up the right to start any: then somebody else does it.
/// </summary>
public interface IResolverProcesses : IDisposable
{
    /// <summary>
    /// Starts the process of a role. The one before is ended first, if it has not ended itself.
    /// Waits for both; by any thread.
    /// </summary>
    /// <param name="role">Its work.</param>
    /// <param name="endedStatus">
    /// How the one before has ended, as a shell reports it; 0 where there was none.
    /// </param>
    /// <returns>
    /// The engine's end of a pair of SOCK_SEQPACKET sockets, which is the caller's; or a negated
    /// errno.
    /// </returns>
    int Start(ResolverRole role, out int endedStatus);
}
