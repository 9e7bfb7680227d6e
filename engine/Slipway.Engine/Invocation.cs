using System.Runtime.ExceptionServices;
using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>Something that another thread has done by the worker, and waits for.</summary>
internal sealed class Invocation(Action<Instant> action) : Command, IDisposable
{
    private readonly ManualResetEventSlim _done = new();
    private ExceptionDispatchInfo? _failure;

    public override void Run(Instant now)
    {
        try
        {
            action(now);
        }
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }

        _done.Set();
    }

    /// <summary>Returns when it is done, and throws what it threw.</summary>
    public void Wait()
    {
        _done.Wait();
        _failure?.Throw();
    }

    /// <summary>It will not be run: the engine has ended.</summary>
    public void Dispose()
    {
        _failure ??= ExceptionDispatchInfo.Capture(
            new ObjectDisposedException(nameof(NetworkEngine)));
        _done.Set();
    }
}
