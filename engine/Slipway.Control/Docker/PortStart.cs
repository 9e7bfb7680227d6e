using System.Text.Json.Nodes;

namespace Slipway.Control;

/// <summary>The start of a container whose ports are bound; its turn ends with this.</summary>
internal sealed class PortStart(PortKeeper keeper, ContainerPorts turn, JsonNode seen) : IDisposable
{
    /// <summary>
    /// Looks at the container after dockerd's answer: what did not start has no ports, and what
    /// dockerd has chosen itself is bound now. Returns why that failed, or null.
    /// </summary>
    public async Task<string?> FinishAsync(CancellationToken stop)
    {
        await keeper.FollowAsync(turn, stop).ConfigureAwait(false);
        return turn.Problem;
    }

    /// <summary>The container's id.</summary>
    public string Id => turn.Id;

    /// <summary>It ran before already.</summary>
    public bool WasRunning => ContainerPorts.IsRunning(seen);

    public void Dispose() => keeper.Leave(turn);
}
