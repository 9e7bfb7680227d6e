namespace Slipway.Stack;

/// <summary>What a worker's stack stands on.</summary>
/// <param name="Settings">Addresses and bounds.</param>
/// <param name="Counters">The worker's own.</param>
/// <param name="Network">Makes sockets that the worker watches.</param>
/// <param name="Listeners">The same, for published ports.</param>
/// <param name="Services">The engine's own streams.</param>
internal sealed record StackParts(
    StackSettings Settings, Counters Counters, IHostNetwork Network, IHostListeners Listeners,
    IStreamServices Services)
{
    public PacketOutput Output { get; } = new(Settings, Counters);

    public TimerWheel Timers { get; } = new();
}
