using Slipway.Stack;

namespace Slipway.Testing;

/// <summary>
/// A socket whose readiness the simulated host reports as epoll does, edge-triggered.
/// </summary>
public abstract class SimSocket
{
    private readonly SimHost _host;
    private bool _isSignalled;

    private protected SimSocket(SimHost host, IReadinessOwner? owner)
    {
        _host = host;
        Owner = owner;
        host.OpenSockets++;
    }

    public bool IsClosed { get; private set; }

    internal IReadinessOwner? Owner { get; set; }

    private protected abstract Readiness Readiness { get; }

    /// <summary>
    /// Something happened at the socket: its owner is told at the next turn. As with epoll, one
    /// report carries everything that is ready then, and many events before it are one report.
    /// </summary>
    internal void Signal()
    {
        if (!_isSignalled && !IsClosed && Owner is not null)
        {
            _isSignalled = true;
            _host.Enqueue(this);
        }
    }

    internal void Deliver(Instant now)
    {
        _isSignalled = false;
        Readiness readiness = IsClosed ? Readiness.None : Readiness;
        if (readiness != Readiness.None)
        {
            Owner?.OnReady(readiness, now);
        }
    }

    private protected void MustBeOpen()
    {
        if (IsClosed)
        {
            throw new ExpectationException("the engine uses a host socket that it has closed");
        }
    }

    private protected void MarkClosed()
    {
        MustBeOpen();
        IsClosed = true;
        _host.OpenSockets--;
    }
}
