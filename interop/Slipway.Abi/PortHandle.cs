using Slipway.Links;
using Slipway.Stack;

namespace Slipway.Abi;

/// <summary>A link that a program in C attached.</summary>
internal sealed class PortHandle(EngineHandle engine, GuestLink link, Offloads offloads)
    : Attached(engine, HandleKind.Port)
{
    public GuestLink Link => link;

    /// <summary>What is left to the guest's side.</summary>
    public Offloads Offloads => offloads;

    /// <summary>Who takes its frames, where that is a function.</summary>
    public CallbackSink? Sink { get; init; }
}
