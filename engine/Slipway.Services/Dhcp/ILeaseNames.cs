using System.Diagnostics.CodeAnalysis;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>The names of the guests, for DNS. Safe and lock-free from any thread.</summary>
public interface ILeaseNames
{
    /// <summary>
    /// The zone in which the names stand, without a dot at its end; null for none.
    /// </summary>
    string? Domain { get; }

    /// <summary>The address of the guest with a name.</summary>
    /// <param name="label">One label in lower case.</param>
    bool TryGetAddress(string label, out IpAddress address);

    /// <summary>The name of the guest with an address: one label in lower case.</summary>
    bool TryGetName(IpAddress address, [NotNullWhen(true)] out string? label);
}
