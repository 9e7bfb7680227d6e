using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>A TCP or UDP endpoint, as the host names it: 127.0.0.1 is the host's own.</summary>
public sealed class EndpointTarget(IpEndpoint host) : ServiceTarget
{
    public override HostError Connect(
        IHostNetwork network, int link, IReadinessOwner owner,
        out IHostStream? stream) => network.ConnectTcp(host, owner, out stream);

    public override HostError Locate(int link, out IpEndpoint endpoint)
    {
        endpoint = host;
        return HostError.None;
    }
}
