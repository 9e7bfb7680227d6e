using System.Net;

namespace Slipway.Services;

/// <summary>A PAC file's program, ready to run.</summary>
internal interface IPacScript
{
    /// <summary>What FindProxyForURL returns.</summary>
    /// <param name="url">Its first argument.</param>
    /// <param name="host">Its second one.</param>
    /// <param name="resolve">
    /// Looks a name up, empty where it has no address; does not throw, and takes its time.
    /// </param>
    /// <exception cref="PacException">The program fails, or goes over a limit.</exception>
    Task<string> EvaluateAsync(
        string url, string host, Func<string, Task<IPAddress[]>> resolve);
}
