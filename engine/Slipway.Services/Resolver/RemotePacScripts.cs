namespace Slipway.Services;

/// <summary>PAC files' programs, run by a process beside the engine.</summary>
internal sealed class RemotePacScripts(ResolverProcess process) : IPacScripts
{
    public async Task<IPacScript> ReadAsync(string text)
    {
        RemotePacScript script = new(process, text);
        await script.CheckAsync().ConfigureAwait(false);
        return script;
    }
}
