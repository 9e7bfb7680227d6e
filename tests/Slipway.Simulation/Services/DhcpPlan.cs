using Slipway.Stack;

namespace Slipway.Simulation;

/// <summary>When a guest's DHCP client is on, and how it ends each time.</summary>
/// <param name="From">It starts here.</param>
/// <param name="To">It ends here.</param>
/// <param name="Releases">It gives its address back; else it just vanishes.</param>
/// <param name="Remembers">It starts by asking for the address that it had (INIT-REBOOT).</param>
internal sealed record DhcpPlan(Instant From, Instant To, bool Releases, bool Remembers);
