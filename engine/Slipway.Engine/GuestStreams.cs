using Slipway.Host;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>The stream services for the flows of one worker, by where a SYN goes.</summary>
internal sealed class GuestStreams(
    DnsStreams dns, ProxyStreams? proxy, GuestPagePort? pages, HostNetwork network,
    StackSettings settings) : IStreamServices
{
    public bool Intercepts(in IpEndpoint destination) => proxy?.Intercepts(destination) == true;

    public HostError Open(
        in IpEndpoint destination, in IpEndpoint guest, int link, IReadinessOwner owner,
        out IHostStream? stream)
    {
        bool isIntercepted = !settings.IsGateway(destination.Address);
        return proxy is not null && (isIntercepted || proxy.Listens(destination.Port))
            ? proxy.Open(destination, guest, link, isIntercepted, owner, out stream)
            : pages is not null && destination.Port == GuestPagePort.Port
                ? pages.Open(network, guest, link, owner, out stream)
            : dns.Open(destination, guest, link, owner, out stream);
    }
}
