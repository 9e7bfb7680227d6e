using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>Published ports, at the start and while the engine runs.</summary>
public sealed partial class NetworkEngine
{
    private readonly List<PublishedPort> _published = [];
    private int _lastPublished;

    /// <summary>Opens a port of the host that leads to a guest's.</summary>
    /// <exception cref="ConfigurationException">It is taken or may not be had.</exception>
    /// <exception cref="InvalidOperationException">Called from within a turn.</exception>
    public PublishedPort PublishPort(PublishSpecification publication)
    {
        PublishedPort? port = null;
        HostError error = HostError.None;
        Invoke(_ => error = Publish(publication, out port));
        return port ?? throw Refusal(publication, error);
    }

    /// <summary>
    /// Closes a published port; its connections go on. False when it has been closed before.
    /// </summary>
    /// <exception cref="InvalidOperationException">Called from within a turn.</exception>
    public bool UnpublishPort(int id)
    {
        bool isFound = false;
        Invoke(_ =>
        {
            int index = _published.FindIndex(port => port.Id == id);
            isFound = index >= 0;
            if (isFound)
            {
                _published[index].Close();
                _published.RemoveAt(index);
            }
        });
        return isFound;
    }

    /// <summary>The ports that are published.</summary>
    /// <exception cref="InvalidOperationException">Called from within a turn.</exception>
    public IReadOnlyList<PublishedPort> PublishedPorts
    {
        get
        {
            PublishedPort[] ports = [];
            Invoke(_ => ports = [.. _published]);
            return ports;
        }
    }

    private HostError Publish(PublishSpecification publication, out PublishedPort? port)
    {
        port = null;
        IpEndpoint guest = publication.Guest.Address.IsUnspecified
            ? new IpEndpoint(_configuration.FirstGuest, publication.Guest.Port)
            : publication.Guest;
        Action? close;
        HostError error;
        IpEndpoint local = publication.Host;
        if (publication.Protocol == IpProtocol.Udp)
        {
            error = _keeper.Stack.Udp.Publish(publication.Host, guest, out UdpPublication? udp);
            local = udp?.HostLocal ?? local;
            close = udp is null ? null : udp.Close;
        }
        else
        {
            PublishedTcpPort tcp = new(_keeper, guest);
            error = tcp.Listen(publication.Host);
            local = error == HostError.None ? tcp.Local : local;
            close = tcp.Close;
        }

        if (error != HostError.None)
        {
            return error;
        }

        port = new PublishedPort(++_lastPublished, local, guest, publication, close!);
        _published.Add(port);
        string protocol = publication.Protocol == IpProtocol.Udp ? "udp" : "tcp";
        _log.Write(LogLevel.Information, $"published {local}/{protocol} to {guest}");
        return error;
    }

    // Not in a turn: it may look through all processes.
    private static ConfigurationException Refusal(
        PublishSpecification publication, HostError error) =>
        new(publication.Key, publication.ToString(), Explain(publication, error))
        {
            IsInUse = error == HostError.AddressInUse,
            HostError = error,
        };

    private static string Explain(PublishSpecification publication, HostError error)
    {
        string protocol = publication.Protocol == IpProtocol.Udp ? "UDP" : "TCP";
        return error switch
        {
            HostError.AddressInUse => $"{protocol} port {publication.Host.Port} of "
                + $"{publication.Host.Address} is taken by "
                + $"{PortHolder.Find(publication.Protocol, publication.Host.Port)
                    ?? "another program"}; stop it or publish another port (0 takes a free one)",
            HostError.Prohibited => $"port {publication.Host.Port} may not be bound without "
                + "privilege; use a port from 1024 on, or set net.ipv4.ip_unprivileged_port_start",
            HostError.NetworkUnreachable =>
                $"{publication.Host.Address} is not an address of this host; use one of its own, "
                + "127.0.0.1 or 0.0.0.0",
            _ => $"the port cannot be bound ({error})",
        };
    }
}
