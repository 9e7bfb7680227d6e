using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>Datagrams to services (<see cref="ServiceTable"/>).</summary>
/// <remarks>
/// A guest's endpoint has a host socket of its own for each service that it uses: what comes back
/// there is the service's, under the address by which the guest knows it. A flow goes on with its
/// target when the service has been removed, until it is idle.
/// </remarks>
public sealed partial class UdpLayer
{
    // Flows to services: as long as there are none, no datagram is looked for among them.
    private int _servedFlows;

    /// <summary>
    /// Takes what is for a service, or for an address that is a service's alone; false for what
    /// goes its usual way.
    /// </summary>
    private bool TryServe(in GuestPacket packet, in UdpHeader header, Instant now)
    {
        IpEndpoint guest = new(packet.Source, header.SourcePort);
        IpEndpoint destination = new(packet.Destination, header.DestinationPort);
        FlowKey key = new(guest, destination, IpProtocol.Udp);
        UdpFlow? flow = _servedFlows > 0 ? _flows.Find(key) : null;
        if ((flow?.Service ?? _settings.FindService(IpProtocol.Udp, destination))
            is not ServiceTarget target)
        {
            return _settings.Services.Current.IsVirtual(destination.Address)
                && RefusePort(packet, now);
        }

        HostError error = target.Locate(packet.Route.Port.Id, out IpEndpoint remote);
        if (error == HostError.Refused)
        {
            return RefusePort(packet, now);
        }

        if (error != HostError.None)
        {
            RefuseSend(packet, error, now);
            return true;
        }

        if (flow is not null && flow.IsIPv4AtHost != remote.Address.IsIPv4)
        {
            Remove(flow, now); // the target's name has an address of the other family now
            flow = null;
        }

        flow ??= Open(packet, new UdpFlow(this, _turn, key, target, remote), now);
        if (flow is not null)
        {
            flow.ServiceEndpoint = remote;
            flow.NoteOutbound(packet, destination, now);
            Gather(flow, remote, packet, header, now);
        }

        return true;
    }

    private bool RefusePort(in GuestPacket packet, Instant now)
    {
        _errors.SendAbout(packet, IcmpError.PortUnreachable, now);
        return true;
    }
}
