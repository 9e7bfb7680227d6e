using Slipway.Wire;

namespace Slipway.Control;

/// <summary>Who asks.</summary>
/// <param name="Guest">A guest's address; null for the host's user.</param>
/// <param name="Link">The number of its link; 0 for the host's user.</param>
internal readonly record struct GvproxyCaller(IpAddress? Guest, int Link);
