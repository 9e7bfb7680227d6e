using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>A listening socket of the simulated host.</summary>
internal sealed class SimListener(SimHost host, IReadinessOwner owner, IpEndpoint local)
    : SimSocket(host, owner), IHostListener
{
    private readonly Queue<SimStream> _pending = new();

    public IpEndpoint LocalEndpoint => local;

    private protected override Readiness Readiness =>
        _pending.Count > 0 ? Readiness.Readable : Readiness.None;

    public void Offer(SimStream stream)
    {
        _pending.Enqueue(stream);
        Signal();
    }

    public HostError Accept(out IHostStream? stream, out IpEndpoint client)
    {
        MustBeOpen();
        bool any = _pending.TryDequeue(out SimStream? pending);
        stream = pending;
        client = pending?.RemoteEndpoint ?? default;
        return any ? HostError.None : HostError.WouldBlock;
    }

    public void Close() => MarkClosed();
}
