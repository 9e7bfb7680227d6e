using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>Flows that are ended from outside.</summary>
public sealed partial class NetworkEngine
{
    /// <summary>
    /// Ends a flow: a connection of TCP by reset on both sides, one of UDP by closing its socket.
    /// What the guest then sends is a flow of its own.
    /// </summary>
    /// <returns>False when there is no such flow.</returns>
    /// <exception cref="InvalidOperationException">Called from within a turn.</exception>
    /// <exception cref="ObjectDisposedException">The engine has ended.</exception>
    public bool EndFlow(FlowKey key)
    {
        bool isFound = false;
        Invoke(now => isFound = End(_keeper.Stack.Flows, key, now));
        for (int i = 0; i < _shards.Count && !isFound; i++)
        {
            ShardWorker shard = _shards[i];
            shard.Do(now => isFound = End(shard.FlowsOfWorker, key, now));
        }

        return isFound;
    }

    private static bool End(FlowStack flows, FlowKey key, Instant now) =>
        key.Protocol == IpProtocol.Tcp ? flows.Tcp.End(key, now) : flows.Udp.End(key, now);
}
