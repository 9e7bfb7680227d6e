namespace Slipway.Simulation;

/// <summary>RFC 2131 figure 5, and being off.</summary>
internal enum DhcpClientState
{
    Off,
    Selecting,
    Requesting,
    Rebooting,
    Bound,
    Renewing,
    Rebinding,
}
