using System.Globalization;

namespace Slipway.Stack;

/// <summary>Ports from the first to the last, both of them.</summary>
public readonly record struct PortRange(ushort First, ushort Last)
{
    /// <summary>All ports that there are.</summary>
    public static readonly PortRange All = new(1, ushort.MaxValue);

    public bool Contains(ushort port) => port >= First && port <= Last;

    /// <summary>"80", or "80-90".</summary>
    public override string ToString() => First == Last
        ? First.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");
}
