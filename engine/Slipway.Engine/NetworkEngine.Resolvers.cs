using Slipway.Services;

namespace Slipway.Engine;

/// <summary>The processes beside the engine.</summary>
public sealed partial class NetworkEngine
{
    private IResolverProcesses? _resolvers;
    private ResolverProcess? _nameProcess;
    private ResolverProcess? _scriptProcess;

    private void MakeResolvers(IResolverProcesses? processes)
    {
        _resolvers = processes;
        if (processes is not null)
        {
            _nameProcess = new ResolverProcess(ResolverRole.Names, processes, TellOfResolver);
            _scriptProcess = new ResolverProcess(ResolverRole.Scripts, processes, TellOfResolver);
        }
    }

    private void TellOfResolver(string line) => _log.Write(LogLevel.Warning, line);

    private void CloseResolvers()
    {
        _nameProcess?.Dispose();
        _scriptProcess?.Dispose();
        _resolvers?.Dispose();
    }
}
