using System.Text;
using Slipway.Engine;

namespace Slipway.Abi;

/// <summary>The log function of a program in C, which is called no more once it is ended.</summary>
internal sealed unsafe class LogCallback(EngineOptions options)
{
    // The functions that this thread is in, the innermost first.
    [ThreadStatic]
    private static Call? t_running;

    private readonly object _gate = new();
    private int _running;
    private bool _isEnded;

    /// <summary>This thread is in the function.</summary>
    public bool IsWithin
    {
        get
        {
            for (Call? call = t_running; call is not null; call = call.Outer)
            {
                if (call.Callback == this)
                {
                    return true;
                }
            }

            return false;
        }
    }

    public bool IsEnabled(LogLevel level) =>
        options.Log is not null && (int)level >= options.LogLevel;

    /// <summary>Calls the function; from any thread.</summary>
    public void Write(LogLevel level, string message)
    {
        if (!IsEnabled(level) || !TryEnter())
        {
            return;
        }

        Call? outer = t_running;
        t_running = new Call(this, outer);
        try
        {
            byte[] text = new byte[Encoding.UTF8.GetMaxByteCount(message.Length) + 1];
            Encoding.UTF8.GetBytes(message, text);
            fixed (byte* first = text)
            {
                options.Log(options.LogUser, (int)level, first);
            }
        }
        finally
        {
            t_running = outer;
            Leave();
        }
    }

    /// <summary>Waits for those who are in the function, and lets nobody in any more.</summary>
    /// <returns>False when one of them has not returned in time.</returns>
    public bool TryEnd(int timeoutMs)
    {
        lock (_gate)
        {
            _isEnded = true;
            long end = Environment.TickCount64 + timeoutMs;
            while (_running > 0)
            {
                int left = (int)Math.Max(0, end - Environment.TickCount64);
                if (!Monitor.Wait(_gate, timeoutMs < 0 ? Timeout.Infinite : left) && left == 0)
                {
                    return false;
                }
            }

            return true;
        }
    }

    private bool TryEnter()
    {
        lock (_gate)
        {
            _running += _isEnded ? 0 : 1;
            return !_isEnded;
        }
    }

    private sealed record Call(LogCallback Callback, Call? Outer);

    private void Leave()
    {
        lock (_gate)
        {
            if (--_running == 0)
            {
                Monitor.PulseAll(_gate);
            }
        }
    }
}
