using Slipway.Engine;
using Slipway.Wire;

namespace Slipway.Control;

/// <summary>Changes the ports of a configuration to those of another one.</summary>
/// <remarks>
/// Theory of operation. What comes is opened before anything goes, so that a failure leaves all as
/// it was. What needs a place that a port has which goes is tried last: that one is closed before,
/// and published again if it fails.
/// </remarks>
internal sealed class PublishChange(NetworkEngine engine)
{
    private readonly List<int> _opened = [];
    private readonly List<PublishSpecification> _closed = [];

    /// <summary>
    /// The ports that a configuration speaks of: not those of a program that has put its name to
    /// them, or that were asked for by gvproxy's API.
    /// </summary>
    public static IEnumerable<PublishedPort> Configured(NetworkEngine engine) =>
        engine.PublishedPorts.Where(port =>
            port.Specification.Owner is null && !GvproxyGuestRules.IsExposed(port));

    /// <summary>Makes them those that are wanted. Once.</summary>
    /// <exception cref="ConfigurationException">One cannot be had; nothing has changed.</exception>
    public void Apply(IReadOnlyList<PublishSpecification> wanted)
    {
        List<PublishSpecification> come = [.. wanted];
        List<PublishedPort> go = [];
        foreach (PublishedPort port in Configured(engine))
        {
            string text = port.Specification.ToString();
            int index = come.FindIndex(one => one.ToString() == text);
            if (index >= 0)
            {
                come.RemoveAt(index);
            }
            else
            {
                go.Add(port);
            }
        }

        try
        {
            Open(come.Where(one => !go.Exists(port => Holds(port, one))));
            Close(go.Where(port => come.Exists(one => Holds(port, one))));
            Open(come.Where(one => go.Exists(port => Holds(port, one))));
        }
        catch (ConfigurationException)
        {
            Undo();
            throw;
        }

        go.ForEach(port => engine.UnpublishPort(port.Id));
    }

    // Whether a port is where another one is to be.
    private static bool Holds(PublishedPort port, PublishSpecification wanted)
    {
        PublishSpecification own = port.Specification;
        if (own.Path is not null || own.Descriptor is not null
            || wanted.Path is not null || wanted.Descriptor is not null)
        {
            return own.Path is not null && own.Path == wanted.Path;
        }

        IpEndpoint host = port.Host;
        int ports = own.HostPorts > own.GuestPorts ? 1 : own.HostPorts;
        return own.Protocol == wanted.Protocol && wanted.Host.Port != 0
            && host.Port < wanted.Host.Port + wanted.HostPorts
            && wanted.Host.Port < host.Port + ports
            && host.Address.IsIPv4 == wanted.Host.Address.IsIPv4
            && (host.Address == wanted.Host.Address || host.Address.IsUnspecified
                || wanted.Host.Address.IsUnspecified);
    }

    private void Open(IEnumerable<PublishSpecification> come)
    {
        foreach (PublishSpecification one in come)
        {
            _opened.Add(engine.PublishPort(one).Id);
        }
    }

    private void Close(IEnumerable<PublishedPort> go)
    {
        foreach (PublishedPort port in go)
        {
            if (engine.UnpublishPort(port.Id))
            {
                _closed.Add(port.Specification);
            }
        }
    }

    private void Undo()
    {
        _opened.ForEach(id => engine.UnpublishPort(id));
        foreach (PublishSpecification one in _closed)
        {
            try
            {
                engine.PublishPort(one);
            }
            catch (ConfigurationException e)
            {
                engine.Log.Write(LogLevel.Error, $"{one} cannot be had again: {e.Message}");
            }
        }
    }
}
