using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Slipway.Engine;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Control;

/// <summary>
/// Published ports as gvproxy's API has them: one is known by its protocol and by the text that
/// its host side was asked for with.
/// </summary>
internal sealed class GvproxyForwards(NetworkEngine engine)
{
    private const int Failed = StatusCodes.Status500InternalServerError;

    // Of two callers that want the same the second is told so.
    private readonly Lock _changing = new();

    /// <summary>Publishes a port.</summary>
    /// <exception cref="GvproxyException">It cannot be done.</exception>
    public void Expose(GoJsonObject request, GvproxyCaller caller)
    {
        string protocol = request.Text("protocol") is { Length: > 0 } named ? named : "tcp";
        string local = request.Text("local");
        IpEndpoint guest = protocol is "unix" or "npipe" ? default
            : GvproxyRemote.Parse(request.Text("remote"), caller);
        lock (_changing)
        {
            GvproxyGuestRules.CheckExpose(engine, caller, protocol, guest);
            if (Find(protocol, local).Any())
            {
                throw new GvproxyException(
                    Failed, $"proxy already running for {protocol} on {local}");
            }

            switch (protocol)
            {
                case "tcp" or "udp":
                    Publish(protocol, local, guest, caller);
                    break;
                case "unix":
                    PublishSocket(local, request.Text("remote"));
                    break;
                case "npipe":
                    throw new GvproxyException(
                        Failed, "named pipes are Windows'; use the protocol unix");
                default:
                    throw new GvproxyException(Failed, $"unknown protocol {protocol}");
            }
        }
    }

    /// <summary>Closes a published port.</summary>
    /// <exception cref="GvproxyException">There is none, or it is another's.</exception>
    public void Unexpose(GoJsonObject request, GvproxyCaller caller)
    {
        string protocol = request.Text("protocol") is { Length: > 0 } named ? named : "tcp";
        string local = request.Text("local");
        lock (_changing)
        {
            bool isFound = false;
            foreach (PublishedPort port in Find(protocol, local))
            {
                isFound |= GvproxyGuestRules.MayClose(caller, port)
                    && engine.UnpublishPort(port.Id);
            }

            if (!isFound)
            {
                throw new GvproxyException(Failed, "proxy not found");
            }
        }
    }

    /// <summary>Writes what there is, by host side and protocol.</summary>
    public void Write(Utf8JsonWriter json, GvproxyCaller caller)
    {
        json.WriteStartArray();
        foreach ((string local, string remote, string protocol) in engine.PublishedPorts
            .Where(port => GvproxyGuestRules.MaySee(caller, port))
            .Select(port => (LocalOf(port), RemoteOf(port), ProtocolOf(port)))
            .Distinct()
            .OrderBy(port => port.Item1, StringComparer.Ordinal)
            .ThenBy(port => port.Item3, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("local", local);
            json.WriteString("remote", remote);
            json.WriteString("protocol", protocol);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void Publish(string protocol, string local, IpEndpoint guest, GvproxyCaller caller)
    {
        IReadOnlyList<IpEndpoint> places = GvproxyGuestRules.Places(caller, ParseLocal(local));
        int? first = null;
        foreach (IpEndpoint host in places)
        {
            try
            {
                PublishedPort port = engine.PublishPort(new PublishSpecification(
                    host, guest, protocol == "udp" ? IpProtocol.Udp : IpProtocol.Tcp)
                {
                    Key = GvproxyGuestRules.KeyOf(caller),
                    Text = local,
                    Link = caller.Link,
                    MayUseHelper = caller.Guest is null,
                });
                first ??= port.Id;
            }
            catch (ConfigurationException e)
            {
                if (first is int opened && e.HostError != HostError.AddressInUse)
                {
                    return; // IPv4 has it; the host has no IPv6
                }

                if (first is int half)
                {
                    engine.UnpublishPort(half);
                }

                throw new GvproxyException(Failed, Explain(protocol, local, e));
            }
        }
    }

    // In gvproxy whatever is at the path is removed before; here only what a dead program left.
    private void PublishSocket(string local, string remote)
    {
        if (!local.StartsWith('/') || local.AsSpan().ContainsAny(':', ','))
        {
            throw new GvproxyException(
                Failed, $"listen unix {local}: the path must begin with / and have no : or ,");
        }

        IpEndpoint guest = GvproxyRemote.ParseForSocket(remote);
        try
        {
            engine.PublishPort(PublishSpecification.Parse(
                GvproxyGuestRules.KeyOf(default), $"unix:{local}:{guest}") with { Text = local });
        }
        catch (ConfigurationException e)
        {
            throw new GvproxyException(Failed, e.HostError == HostError.AddressInUse
                ? $"listen unix {local}: bind: address already in use" : e.Message);
        }
    }

    // Both families for a port alone, as Go's listeners have it.
    private static IReadOnlyList<IpEndpoint> ParseLocal(string local)
    {
        (string address, string port) = GvproxyEndpoint.Split(local, Failed);
        ushort number = GvproxyEndpoint.ParsePort(port, Failed);
        return address.Length > 0
            ? [new IpEndpoint(GvproxyEndpoint.ParseAddress(address, local, Failed), number)]
            : number == 0 ? [new IpEndpoint(IpAddress.IPv4Any, 0)]
            : [
                new IpEndpoint(IpAddress.IPv4Any, number),
                new IpEndpoint(IpAddress.IPv6Any, number),
            ];
    }

    private IEnumerable<PublishedPort> Find(string protocol, string local) =>
        engine.PublishedPorts.Where(
            port => LocalOf(port) == local && ProtocolOf(port) == protocol);

    private static string LocalOf(PublishedPort port) =>
        GvproxyGuestRules.IsExposed(port) || IsSocket(port)
            ? port.Specification.ToString() : port.Host.ToString();

    private static string ProtocolOf(PublishedPort port) => IsSocket(port) ? "unix"
        : port.Protocol == IpProtocol.Udp ? "udp" : "tcp";

    private static string RemoteOf(PublishedPort port) =>
        IsSocket(port) ? $"tcp://{port.Guest}" : port.Guest.ToString();

    private static bool IsSocket(PublishedPort port) =>
        port.Specification.Text is string text && (text.StartsWith('/')
            || text.StartsWith("unix:", StringComparison.Ordinal));

    private static string Explain(string protocol, string local, ConfigurationException error)
    {
        string? errno = error.HostError switch
        {
            HostError.AddressInUse => "address already in use",
            HostError.NetworkUnreachable => "cannot assign requested address",
            HostError.Prohibited => "permission denied",
            HostError.NoResources => "too many open files",
            _ => null,
        };
        return errno is null ? error.Message : $"listen {protocol} {local}: bind: {errno}";
    }
}
