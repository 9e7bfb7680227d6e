using System.Globalization;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>Why a port cannot be published, and what to do; not in a turn.</summary>
internal static class PublishMessages
{
    /// <param name="settings">What was asked for.</param>
    /// <param name="refusal">What the kernel said.</param>
    /// <param name="published">The engine's own ports.</param>
    public static string Explain(
        PublishSpecification settings, PublishRefusal refusal,
        IReadOnlyList<PublishedPort> published)
    {
        IpEndpoint local = refusal.Local;
        string protocol = settings.Protocol == IpProtocol.Udp ? "UDP" : "TCP";
        return refusal.Reason switch
        {
            HostError.AddressInUse when settings.TakesFirstFree =>
                $"all {protocol} ports of {settings.HostText} are taken; name another range",
            HostError.AddressInUse => $"{protocol} port {local.Port} of {local.Address} is "
                + Holder(settings, local, published),
            HostError.Prohibited when refusal.HasHelper =>
                $"port {local.Port} is not one that `slipway helper` binds for this user; add it "
                    + "to the helper's --allow and the user to its --user, or use a port from "
                    + "1024 on",
            HostError.Prohibited => $"port {local.Port} may not be bound without privilege; use "
                + "a port from 1024 on, or see `slipway doctor` for the ways to have it "
                + "(net.ipv4.ip_unprivileged_port_start, a capability, `slipway helper`)",
            HostError.NetworkUnreachable =>
                $"{local.Address} is not an address of this host; use one of its own, 127.0.0.1 "
                    + "or 0.0.0.0",
            HostError.NoResources =>
                "the host has no file descriptors left for it; raise the limit (ulimit -n)",
            _ => $"the port cannot be bound ({refusal.Reason})",
        };
    }

    private static string Holder(
        PublishSpecification settings, in IpEndpoint local,
        IReadOnlyList<PublishedPort> published)
    {
        IpProtocol protocol = settings.Protocol;
        foreach (PublishedPort port in published)
        {
            if (Holds(port, protocol, local))
            {
                string number = port.Id.ToString(CultureInfo.InvariantCulture);
                return $"taken by this engine itself, for {port.GuestText} (number {number}); "
                    + $"`slipway unpublish {number}` frees it, or publish another port (0 takes a "
                    + "free one)";
            }
        }

        // To look through all processes is too dear to be had by guests for asking.
        string? holder = settings.MayUseHelper ? PortHolder.Find(protocol, local) : null;
        return $"taken by {holder ?? "another program"}; stop it or publish another "
            + "port (0 takes a free one)";
    }

    private static bool Holds(PublishedPort port, IpProtocol protocol, in IpEndpoint local)
    {
        int offset = local.Port - port.Host.Port;
        int ports = port.Specification.TakesFirstFree ? 1 : port.Specification.HostPorts;
        IpAddress own = port.Host.Address;
        return port.Protocol == protocol && port.Specification.Path is null
            && offset >= 0 && offset < ports && own.IsIPv4 == local.Address.IsIPv4
            && (own == local.Address || own.IsUnspecified || local.Address.IsUnspecified);
    }
}
