namespace Slipway.Simulation;

/// <summary>How a <see cref="TcpTransfer"/> goes.</summary>
/// <param name="Seed">Makes the streams' bytes.</param>
/// <param name="OutboundBytes">From the guest to the host.</param>
/// <param name="InboundBytes">From the host to the guest.</param>
internal sealed record TransferPlan(ulong Seed, long OutboundBytes, long InboundBytes)
{
    /// <summary>What the guest reads every 10 ms; 0 reads at once.</summary>
    public int GuestReadBytes { get; init; }

    /// <inheritdoc cref="GuestReadBytes"/>
    public int HostReadBytes { get; init; }

    /// <summary>The guest sends its FIN only when it has the host's.</summary>
    public bool GuestClosesLast { get; init; }

    /// <summary>The host sends its FIN only when it has the guest's.</summary>
    public bool HostClosesLast { get; init; }
}
