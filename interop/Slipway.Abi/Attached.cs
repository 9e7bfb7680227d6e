namespace Slipway.Abi;

/// <summary>What a program in C attached to an engine, and what goes with it.</summary>
internal abstract class Attached(EngineHandle engine, HandleKind kind)
{
    public EngineHandle Engine => engine;

    public HandleKind Kind => kind;

    /// <summary>Its number.</summary>
    public ulong Handle { get; set; }
}
