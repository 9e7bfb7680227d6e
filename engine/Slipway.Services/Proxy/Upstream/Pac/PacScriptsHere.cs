using System.Net;

namespace Slipway.Services;

/// <summary>Runs PAC files in this process, on the caller's thread.</summary>
internal sealed class PacScriptsHere(TimeProvider time) : IPacScripts
{
    public Task<IPacScript> ReadAsync(string text) =>
        Task.FromResult<IPacScript>(new ScriptHere(new PacScript(text, time)));

    private sealed class ScriptHere(PacScript script) : IPacScript
    {
        public Task<string> EvaluateAsync(
            string url, string host, Func<string, Task<IPAddress[]>> resolve) =>
            Task.FromResult(script.Evaluate(
                url, host, name => resolve(name).GetAwaiter().GetResult()));
    }
}
