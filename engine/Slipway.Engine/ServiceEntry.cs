using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>A service, or intercepted traffic, of a running engine.</summary>
public sealed class ServiceEntry
{
    internal ServiceEntry(int id, ServiceSpecification specification, ServiceTarget target)
    {
        Id = id;
        Specification = specification;
        Target = target;
    }

    /// <summary>Its number in this engine, from 1 on; none is given twice.</summary>
    public int Id { get; }

    /// <summary>What goes where.</summary>
    public ServiceSpecification Specification { get; }

    internal ServiceTarget Target { get; }
}
