namespace Slipway.Stack;

/// <summary>The ports whose guests are here; what is flooded goes to each of them.</summary>
public sealed class PortSet
{
    private readonly List<IGuestPort> _ports = [];

    public int Count => _ports.Count;

    public IGuestPort this[int index] => _ports[index];

    public void Add(IGuestPort port)
    {
        if (!_ports.Contains(port))
        {
            _ports.Add(port);
        }
    }

    public void Remove(IGuestPort port) => _ports.Remove(port);
}
