namespace Slipway.Stack;

/// <summary>The ports whose guests are here; what is flooded goes to each of them.</summary>
public sealed class PortSet
{
    private readonly List<IGuestPort> _ports = [];
    private readonly List<int> _groups = [];

    public int Count => _ports.Count;

    public IGuestPort this[int index] => _ports[index];

    /// <summary>
    /// The group of a port: frames are exchanged within one (<see cref="GuestGroup"/>).
    /// </summary>
    public int GroupOf(int index) => _groups[index];

    public void Add(IGuestPort port, int group = GuestGroup.Common)
    {
        if (!_ports.Contains(port))
        {
            _ports.Add(port);
            _groups.Add(group);
        }
    }

    /// <summary>The group of a port; the common one for a port that is not there.</summary>
    public int GroupOf(IGuestPort port)
    {
        int index = _ports.IndexOf(port);
        return index < 0 ? GuestGroup.Common : _groups[index];
    }

    public void Remove(IGuestPort port)
    {
        int index = _ports.IndexOf(port);
        if (index >= 0)
        {
            _ports.RemoveAt(index);
            _groups.RemoveAt(index);
        }
    }
}
