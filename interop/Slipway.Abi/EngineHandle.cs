using System.Runtime.InteropServices;
using Slipway.Engine;
using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Abi;

/// <summary>An engine that a program in C made, and who takes its turns.</summary>
internal sealed unsafe class EngineHandle : IEngineLog
{
    private static int s_isGivenBack;

    private readonly Lock _lock = new();
    private readonly List<Attached> _attached = [];
    private readonly EngineOptions _options;
    private readonly LogCallback _log;
    private Thread? _thread;
    private bool _isStopped;
    private volatile bool _isDestroyed;

    /// <exception cref="ConfigurationException">Something it says cannot be used.</exception>
    public EngineHandle(in EngineOptions options)
    {
        _options = options;
        _log = new LogCallback(options);
        CommandLineSettings settings = new()
        {
            Subnet = Argument.OptionalText(options.Subnet, "subnet"),
            Mtu = options.MtuBytes == 0 ? null : $"{options.MtuBytes}",
            Workers = options.Workers == 0 ? null : $"{options.Workers}",
        };

        // A program that writes no JSON does not pay for its reader.
        EngineConfiguration configuration =
            Argument.OptionalText(options.ConfigJson, "config_json") is string json
                ? ConfigurationReader.Parse(json, settings)
                : ConfigurationReader.Load(path: null, settings);
        Engine = NetworkEngine.Create(configuration, this, Environment(options));
    }

    public NetworkEngine Engine { get; }

    /// <summary>Its number.</summary>
    public ulong Handle { get; set; }

    /// <summary>
    /// On a thread of the engine's, or of one that takes its turn, or in its log function.
    /// </summary>
    public bool IsWithin =>
        Engine.IsInTurn || _thread == Thread.CurrentThread || _log.IsWithin;

    public bool IsEnabled(LogLevel level) => _log.IsEnabled(level);

    public void Write(LogLevel level, string message) => _log.Write(level, message);

    /// <summary>What a link has to tell.</summary>
    public void Report(string message) => Write(Slipway.Engine.LogLevel.Warning, message);

    /// <summary>Runs it on a thread of its own.</summary>
    public void Start()
    {
        lock (_lock)
        {
            if (_thread is not null || _isStopped || _isDestroyed)
            {
                AbiException.Throw(
                    Status.State, "the engine was started before; make another one");
            }

            if (_options.Clock is not null)
            {
                AbiException.Throw(
                    Status.State, "an engine with a clock of the caller's is dispatched");
            }

            Thread thread = new(Run) { Name = "slipway", IsBackground = true };
            thread.Start();
            _thread = thread;
        }
    }

    /// <summary>Takes turns on this thread.</summary>
    /// <returns>Whether there may be more to do.</returns>
    public bool Dispatch(uint budget)
    {
        lock (_lock)
        {
            if (_thread is not null || _isStopped)
            {
                AbiException.Throw(
                    Status.State, "the engine has a thread of its own, or was stopped");
            }
        }

        if (Engine.Configuration.Workers > 1)
        {
            AbiException.Throw(
                Status.Unsupported,
                "an engine of several workers has threads of its own: start it");
        }

        // Threads that a turn makes, as for names, inherit the mask.
        bool wasBlocked = Signals.BlockPipe();
        try
        {
            if (!Engine.Dispatch(
                (int)Math.Clamp(budget, 1, int.MaxValue), out bool hasMore))
            {
                AbiException.Throw(Status.InUse, "another thread dispatches this engine");
            }

            return hasMore;
        }
        finally
        {
            if (!wasBlocked)
            {
                Signals.UnblockPipe();
            }
        }
    }

    /// <summary>Ends the thread, if there is one.</summary>
    /// <returns>False when it has not ended in time.</returns>
    public bool TryStop(int timeoutMs)
    {
        Thread? thread;
        lock (_lock)
        {
            _isStopped = true;
            thread = _thread;
        }

        Engine.Stop();
        return thread is null || thread.Join(timeoutMs < 0 ? Timeout.Infinite : timeoutMs);
    }

    /// <summary>Stops and closes it, once; its handles are given back.</summary>
    public bool TryDestroy(int timeoutMs)
    {
        // Closed first: who still has a handle is told that it is none, or finds nothing there.
        long end = System.Environment.TickCount64 + timeoutMs;
        int Left() => (int)Math.Max(0, end - System.Environment.TickCount64);
        if (!TryStop(Left()) || !Engine.TryDispose(Left()) || !_log.TryEnd(Left()))
        {
            return false;
        }

        lock (_lock)
        {
            if (_isDestroyed)
            {
                AbiException.Throw(Status.BadHandle, "the engine has been destroyed");
            }

            _isDestroyed = true;
            foreach (Attached one in _attached)
            {
                HandleTable.TryRemove(one.Kind, one.Handle);
            }

            _attached.Clear();
            HandleTable.TryRemove(HandleKind.Engine, Handle);
        }

        return true;
    }

    /// <summary>Gives something its number, which goes with the engine.</summary>
    public ulong Add(Attached one)
    {
        lock (_lock)
        {
            if (_isDestroyed)
            {
                AbiException.Throw(Status.BadHandle, "the engine has been destroyed");
            }

            one.Handle = HandleTable.Add(one.Kind, one);
            _attached.Add(one);
            return one.Handle;
        }
    }

    /// <summary>It has gone before the engine; its number, too, if it still has one.</summary>
    public void Forget(Attached one)
    {
        lock (_lock)
        {
            _attached.Remove(one);
            HandleTable.TryRemove(one.Kind, one.Handle);
        }
    }

    // A mistake in the engine ends it and not its process.
    private void Run()
    {
        Signals.BlockPipe();
        GiveBackPages();
        try
        {
            Engine.Run();
        }
        catch (Exception e)
        {
            Write(
                Slipway.Engine.LogLevel.Error,
                $"the engine has ended by a mistake of its own, please report it: {e}");
        }
    }

    // Once for the process, beside its other threads. Linked into a program they are its pages.
    private static void GiveBackPages()
    {
        if (Interlocked.Exchange(ref s_isGivenBack, 1) == 0)
        {
            ProgramPages.GiveBack(
                path => Path.GetFileName(path.AsSpan()).StartsWith("libslipway."));
        }
    }

    private static EngineEnvironment Environment(EngineOptions options) => new()
    {
        Clock = options.Clock is null ? null
            : () => new Instant(options.Clock(options.ClockUser)),
        Seed = options.Seed is null ? null : new Seed128(
            MemoryMarshal.Read<ulong>(new ReadOnlySpan<byte>(options.Seed, 8)),
            MemoryMarshal.Read<ulong>(new ReadOnlySpan<byte>(options.Seed + 8, 8))),
    };
}
