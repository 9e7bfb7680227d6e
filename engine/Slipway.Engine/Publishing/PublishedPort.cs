using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>A port of the host that leads to a guest's, or a range, or a Unix socket.</summary>
public sealed class PublishedPort
{
    internal PublishedPort(
        int id, PublishSpecification specification, in IpEndpoint host, IpAddress firstGuest,
        Publication publication)
    {
        Id = id;
        Specification = specification;
        Host = host;
        Guest = specification.Guest.Address.IsUnspecified && specification.GuestName is null
            ? specification.Guest with { Address = firstGuest } : specification.Guest;
        GuestText = specification.GuestText(firstGuest);
        Publication = publication;
    }

    /// <summary>Its number in this engine, from 1 on; none is given twice.</summary>
    public int Id { get; }

    /// <summary>What was asked for.</summary>
    public PublishSpecification Specification { get; }

    /// <summary>
    /// Where the host listens, of a range first; the port is real also when 0 was asked for. The
    /// default endpoint for a Unix socket.
    /// </summary>
    public IpEndpoint Host { get; }

    /// <summary>The same for people: "127.0.0.1:8000-8010", "unix:/run/web.sock".</summary>
    public string HostText =>
        Specification.Path is not null || Specification.Descriptor is not null
            ? Specification.HostText
            : (Specification with
            {
                Host = Host,
                HostPorts = Specification.TakesFirstFree ? 1 : Specification.HostPorts,
            }).HostText;

    /// <summary>
    /// Where it leads. The first guest's address is the one that it has by default; where a name
    /// leads (<see cref="PublishSpecification.GuestName"/>), it is unspecified.
    /// </summary>
    public IpEndpoint Guest { get; }

    /// <summary>The same for people: "192.168.127.2:80-90", "web:80".</summary>
    public string GuestText { get; }

    /// <summary>TCP or UDP; TCP for a Unix socket.</summary>
    public IpProtocol Protocol => Specification.Protocol;

    internal Publication Publication { get; }
}
