using System.Text.Json.Nodes;
using Slipway.Engine;

namespace Slipway.Control;

/// <summary>
/// Keeps the engine's forwards as the containers are: bound before a container starts, there as
/// long as it runs, gone when it does not.
/// </summary>
/// <remarks>
/// <para>Theory of operation. What is to be is told by inspection alone: the state, and the label
/// of a container. Events say only which container to look at, so that one that is lost or comes
/// late does no harm, and a look at all containers mends whatever was missed. What is done for one
/// container takes turns; a start holds the turn until dockerd has answered, so that no look at
/// the container meanwhile takes away what was bound for it.</para>
/// </remarks>
internal sealed class PortKeeper(
    DockerEngineClient docker, EnginePorts ports, Action<LogLevel, string> log)
{
    private readonly Dictionary<string, ContainerPorts> _containers = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>Something is missing that was not to be had: look again after a while.</summary>
    public bool IsIncomplete
    {
        get
        {
            lock (_lock)
            {
                return _containers.Values.Any(one => one.Problem is not null);
            }
        }
    }

    /// <summary>What a container has on the host.</summary>
    /// <param name="id">Its full id.</param>
    public IReadOnlyList<ForwardedPort> Of(string id)
    {
        lock (_lock)
        {
            return _containers.TryGetValue(id, out ContainerPorts? container)
                ? container.Forwards : [];
        }
    }

    /// <summary>
    /// Binds the ports of a container that is about to start, and keeps its turn until the result
    /// is disposed. Null when there is no such container.
    /// </summary>
    /// <exception cref="DockerRefusal">A port is taken; nothing is bound.</exception>
    /// <exception cref="HttpRequestException">The guest's Docker engine does not
    /// answer.</exception>
    public async Task<PortStart?> BeginStartAsync(string container, CancellationToken stop)
    {
        JsonNode? named = await docker.InspectAsync(container, stop).ConfigureAwait(false);
        if (named is null)
        {
            return null;
        }

        ContainerPorts turn = await EnterAsync(PortLabel.Text(named, "Id"), stop)
            .ConfigureAwait(false);
        try
        {
            // Another start may have had the turn meanwhile, and the container runs since.
            JsonNode? seen = await docker.InspectAsync(turn.Id, stop).ConfigureAwait(false);
            if (seen is null)
            {
                Leave(turn);
                return null;
            }

            await BindAsync(turn, seen, stop).ConfigureAwait(false);
            return new PortStart(this, turn, seen);
        }
        catch
        {
            Leave(turn);
            throw;
        }
    }

    /// <summary>Makes what a container has be what it is to have now.</summary>
    /// <param name="id">Its full id.</param>
    /// <param name="onTurn">Called before anything is looked at.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <exception cref="HttpRequestException">The guest's Docker engine does not
    /// answer.</exception>
    public async Task FollowAsync(string id, Action? onTurn, CancellationToken stop)
    {
        ContainerPorts turn = await EnterAsync(id, stop).ConfigureAwait(false);
        try
        {
            onTurn?.Invoke();
            await FollowAsync(turn, stop).ConfigureAwait(false);
        }
        finally
        {
            Leave(turn);
        }
    }

    /// <summary>The same for all containers, and for what the engine has for ones that are
    /// gone.</summary>
    public async Task FollowAllAsync(CancellationToken stop)
    {
        JsonArray running = await docker.ListAsync(takesAll: false, stop).ConfigureAwait(false);
        HashSet<string> ids = [.. running
            .Where(one => one?["Labels"]?[PortLabel.Name] is not null)
            .Select(one => PortLabel.Text(one, "Id"))];
        lock (_lock)
        {
            ids.UnionWith(_containers.Keys);
        }

        foreach (string id in ids)
        {
            await FollowAsync(id, onTurn: null, stop).ConfigureAwait(false);
        }

        await ports.RemoveOrphansAsync(IsKept, stop).ConfigureAwait(false);
    }

    /// <summary>Within the turn of a container.</summary>
    internal async Task FollowAsync(ContainerPorts turn, CancellationToken stop)
    {
        JsonNode? seen = await docker.InspectAsync(turn.Id, stop).ConfigureAwait(false);
        if (seen is null || !ContainerPorts.IsRunning(seen))
        {
            await turn.ReleaseAsync(ports, stop).ConfigureAwait(false);
            return;
        }

        try
        {
            await turn.BindAsync(seen, ports, stop).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ControlException or DockerRefusal)
        {
            string text = Explain(seen, e.Message);
            if (turn.Problem != text)
            {
                log(LogLevel.Warning, $"{text}; it is tried again");
            }

            turn.Problem = text;
        }
    }

    /// <summary>Ends a turn.</summary>
    internal void Leave(ContainerPorts turn)
    {
        lock (_lock)
        {
            turn.Turn.Release();
            if (--turn.Users == 0 && turn is { Forwards.Count: 0, Problem: null })
            {
                _containers.Remove(turn.Id);
                turn.Dispose();
            }
        }
    }

    /// <summary>What dockerd says when a port cannot be had, with the reason.</summary>
    internal static string Explain(JsonNode container, string reason) =>
        "driver failed programming external connectivity on endpoint "
            + $"{PortLabel.Text(container, "Name").TrimStart('/')}: {reason}";

    // All of it or nothing, for a container that does not run.
    private async Task BindAsync(ContainerPorts turn, JsonNode seen, CancellationToken stop)
    {
        try
        {
            await turn.BindAsync(seen, ports, stop).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            if (!ContainerPorts.IsRunning(seen))
            {
                await turn.ReleaseAsync(ports, stop).ConfigureAwait(false);
                await RemoveAsync(seen, stop).ConfigureAwait(false);
            }

            if (e is ControlException)
            {
                throw new DockerRefusal(Explain(seen, e.Message));
            }

            throw;
        }
    }

    // As dockerd does with one of `run --rm` that does not start; its client waits for that.
    private async Task RemoveAsync(JsonNode container, CancellationToken stop)
    {
        if (container["HostConfig"]?["AutoRemove"]?.GetValue<bool>() is true)
        {
            await docker.RemoveAsync(PortLabel.Text(container, "Id"), stop).ConfigureAwait(false);
        }
    }

    // What has its turn just now looks after itself.
    private bool IsKept(PortReport port, string id)
    {
        lock (_lock)
        {
            return _containers.TryGetValue(id, out ContainerPorts? container)
                && (container.Users > 0
                    || container.Forwards.Any(forward => forward.Report.Id == port.Id));
        }
    }

    private async Task<ContainerPorts> EnterAsync(string id, CancellationToken stop)
    {
        ContainerPorts? container;
        lock (_lock)
        {
            if (!_containers.TryGetValue(id, out container))
            {
                container = new ContainerPorts(id);
                _containers.Add(id, container);
            }

            container.Users++;
        }

        try
        {
            await container.Turn.WaitAsync(stop).ConfigureAwait(false);
            return container;
        }
        catch
        {
            lock (_lock)
            {
                container.Users--;
            }

            throw;
        }
    }
}
