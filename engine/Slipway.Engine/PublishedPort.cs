using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>A port of the host that leads to a guest's.</summary>
public sealed class PublishedPort
{
    private readonly Action _close;

    internal PublishedPort(
        int id, in IpEndpoint host, in IpEndpoint guest, PublishSpecification specification,
        Action close)
    {
        Id = id;
        Host = host;
        Guest = guest;
        Specification = specification;
        _close = close;
    }

    /// <summary>Its number in this engine, from 1 on; none is given twice.</summary>
    public int Id { get; }

    /// <summary>Where the host listens; the port is real also when 0 was asked for.</summary>
    public IpEndpoint Host { get; }

    /// <summary>Where it leads.</summary>
    public IpEndpoint Guest { get; }

    /// <summary>TCP or UDP.</summary>
    public IpProtocol Protocol => Specification.Protocol;

    /// <summary>What was asked for, and by whom.</summary>
    public PublishSpecification Specification { get; }

    internal void Close() => _close();
}
