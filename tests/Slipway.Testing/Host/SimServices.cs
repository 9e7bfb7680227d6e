using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>
/// Stream services on the engine's own addresses; elsewhere connections are refused.
/// </summary>
public sealed class SimServices(SimHost host) : IStreamServices
{
    private readonly Dictionary<IpEndpoint, SimServer> _services = [];

    /// <summary>A port whose connections beyond the virtual network are services' too.</summary>
    public ushort InterceptedPort { get; set; }

    /// <summary>Who opens the stream that is being accepted.</summary>
    public int Link { get; private set; }

    public bool Intercepts(in IpEndpoint destination) =>
        InterceptedPort != 0 && destination.Port == InterceptedPort;

    public SimServer Serve(IpEndpoint destination, SimServer? server = null) =>
        _services[destination] = server ?? new SimServer();

    public HostError Open(
        in IpEndpoint destination, in IpEndpoint guest, int link, IReadinessOwner owner,
            out IHostStream? stream)
    {
        Link = link;
        bool found = _services.TryGetValue(destination, out SimServer? service);
        stream = found ? host.OpenPair(service!, destination, owner) : null;
        return found ? HostError.None : HostError.Refused;
    }
}
