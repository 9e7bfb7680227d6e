using System.Collections.Concurrent;
using Slipway.Host;
using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>
/// The only way into the worker from other threads: commands are posted from anywhere and run at
/// the start of the next turn. The worker is woken once for many.
/// </summary>
internal sealed class Mailbox(Reactor reactor)
{
    private readonly ConcurrentQueue<Command> _commands = new();
    private int _woken;
    private volatile bool _isClosed;

    public void Post(Command command)
    {
        _commands.Enqueue(command);
        if (Interlocked.Exchange(ref _woken, 1) == 0)
        {
            reactor.Wake();
        }

        if (_isClosed)
        {
            Discard(); // nobody runs it any more
        }
    }

    /// <summary>
    /// Disposes what is not run any more, and what it carries; also what is posted later.
    /// </summary>
    public void Discard()
    {
        _isClosed = true;
        while (_commands.TryDequeue(out Command? command))
        {
            (command as IDisposable)?.Dispose();
        }
    }

    /// <summary>
    /// Runs what was posted before the call; later commands wait for the next turn.
    /// </summary>
    public void Run(Instant now)
    {
        // Cleared first: a command posted from here on wakes the worker again. A full fence, or the
        // count below could be read before others see the flag cleared: a command that came in
        // between would neither be run nor wake anybody.
        Interlocked.Exchange(ref _woken, 0);
        for (int count = _commands.Count; count > 0
            && _commands.TryDequeue(out Command? command); count--)
        {
            reactor.Handled = command;
            command.Run(now);
        }
    }
}
