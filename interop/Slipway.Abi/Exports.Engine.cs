using System.Runtime.InteropServices;

namespace Slipway.Abi;

/// <summary>Engines.</summary>
internal static unsafe partial class Exports
{
    private const int DestroyTimeoutMs = 5_000;
    private const string NotEnded =
        "the engine's thread has not ended: a callback does not return";

    [UnmanagedCallersOnly(EntryPoint = "slipway_engine_create")]
    public static int CreateEngine(EngineOptions* options, ulong* engine) => Call(() =>
    {
        Argument.Pointer(engine, "engine");
        EngineHandle made = new(Argument.Struct(options, "options"));
        try
        {
            made.Handle = HandleTable.Add(HandleKind.Engine, made);
        }
        catch (AbiException)
        {
            made.Engine.Dispose();
            throw;
        }

        *engine = made.Handle;
    });

    [UnmanagedCallersOnly(EntryPoint = "slipway_engine_start")]
    public static int StartEngine(ulong engine) => Call(() => OutsideTurn(engine).Start());

    [UnmanagedCallersOnly(EntryPoint = "slipway_engine_stop")]
    public static int StopEngine(ulong engine, int timeoutMs) => Call(() =>
        Check(OutsideTurn(engine).TryStop(timeoutMs), Status.Timeout, NotEnded));

    [UnmanagedCallersOnly(EntryPoint = "slipway_engine_destroy")]
    public static int DestroyEngine(ulong engine) => Call(() =>
        Check(OutsideTurn(engine).TryDestroy(DestroyTimeoutMs), Status.Timeout, NotEnded));

    [UnmanagedCallersOnly(EntryPoint = "slipway_engine_fd")]
    public static int GetEngineDescriptor(ulong engine)
    {
        try
        {
            return EngineOf(engine).Engine.Descriptor;
        }
        catch (Exception e)
        {
            return LastError.Set(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "slipway_next_deadline_ns")]
    public static int GetNextDeadline(ulong engine, long* nanoseconds)
    {
        try
        {
            Argument.Pointer(nanoseconds, "nanoseconds");
            *nanoseconds = OutsideTurn(engine).Engine.NanosecondsToDeadline();
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Set(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "slipway_dispatch")]
    public static int Dispatch(ulong engine, uint budget)
    {
        try
        {
            return OutsideTurn(engine).Dispatch(budget) ? 1 : 0;
        }
        catch (Exception e)
        {
            return LastError.Set(e);
        }
    }

    private static EngineHandle EngineOf(ulong handle) =>
        HandleTable.Get<EngineHandle>(HandleKind.Engine, handle);

    /// <summary>For what waits for the end of a turn, which must not be this one.</summary>
    private static EngineHandle OutsideTurn(ulong handle)
    {
        EngineHandle engine = EngineOf(handle);
        CheckOutside(engine);
        return engine;
    }

    private static T OutsideTurn<T>(T attached)
        where T : Attached
    {
        CheckOutside(attached.Engine);
        return attached;
    }

    private static void CheckOutside(EngineHandle engine) => Check(
        !engine.IsWithin, Status.Reentrant,
        "called from within a callback, this would wait for itself");
}
