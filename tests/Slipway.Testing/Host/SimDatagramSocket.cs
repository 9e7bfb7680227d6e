using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>
/// A datagram socket of the simulated host, with a bounded receive queue and an error queue.
/// </summary>
internal sealed class SimDatagramSocket(SimHost host, IReadinessOwner owner, IpEndpoint local,
    bool isPing)
    : SimSocket(host, owner), IHostDatagramSocket
{
    private const int ReceiveBufferBytes = 212_992;

    private readonly SimHost _host = host;
    private readonly Queue<(IpEndpoint Remote, byte[] Payload)> _arrived = new();
    private readonly Queue<(HostErrorReport Report, byte[] Payload)> _errors = new();
    private int _arrivedBytes;

    public IpEndpoint LocalEndpoint => local;

    public bool IsPing => isPing;

    private protected override Readiness Readiness => Readiness.Writable
        | (_arrived.Count > 0 ? Readiness.Readable : 0)
        | (_errors.Count > 0 ? Readiness.Error : 0);

    /// <returns>False if it was dropped: the socket is closed or its queue full.</returns>
    public bool Arrive(IpEndpoint remote, byte[] payload)
    {
        if (IsClosed || _arrivedBytes + payload.Length > ReceiveBufferBytes)
        {
            return false;
        }

        _arrived.Enqueue((remote, payload));
        _arrivedBytes += payload.Length;
        Signal();
        return true;
    }

    public void Report(HostErrorReport report, byte[] payload)
    {
        _errors.Enqueue((report, payload));
        Signal();
    }

    public HostError Send(in IpEndpoint remote, ReadOnlySpan<byte> payload, DatagramOptions options)
    {
        MustBeOpen();
        return _host.Carry(this, remote, payload.ToArray(), options);
    }

    public HostIo Receive(Span<byte> destination, out IpEndpoint remote)
    {
        MustBeOpen();
        if (!_arrived.TryDequeue(out (IpEndpoint Remote, byte[] Payload) datagram))
        {
            remote = default;
            return HostIo.Failed(HostError.WouldBlock);
        }

        remote = datagram.Remote;
        _arrivedBytes -= datagram.Payload.Length;
        int length = Math.Min(destination.Length, datagram.Payload.Length);
        datagram.Payload.AsSpan(0, length).CopyTo(destination);
        return HostIo.Moved(length);
    }

    /// <summary>
    /// All that fits, and every other pair of one remote and size joined as by UDP_GRO.
    /// </summary>
    public HostError ReceiveMany(DatagramBatch batch)
    {
        batch.Clear();
        while (batch.Count < DatagramBatch.Capacity && !isPing
            && Receive(batch.Slot(batch.Count), out IpEndpoint remote) is
                { Error: HostError.None, LengthBytes: int length })
        {
            bool joins = batch.Count % 2 == 0 && _arrived.TryPeek(out var next)
                && next.Remote == remote && next.Payload.Length == length
                && length is > 0 and < 9000;
            int more = joins
                ? Receive(batch.Slot(batch.Count)[length..], out _).LengthBytes : 0;
            batch.Add(remote, length + more, more);
        }

        if (isPing && Receive(batch.Slot(0), out IpEndpoint echoed) is
            { Error: HostError.None, LengthBytes: int echoLength })
        {
            batch.Add(echoed, echoLength);
        }

        return batch.Count > 0 ? HostError.None : HostError.WouldBlock;
    }

    public bool TryReceiveError(Span<byte> quoted, out HostErrorReport report)
    {
        MustBeOpen();
        if (!_errors.TryDequeue(out (HostErrorReport Report, byte[] Payload) error))
        {
            report = default;
            return false;
        }

        int length = Math.Min(quoted.Length, error.Payload.Length);
        error.Payload.AsSpan(0, length).CopyTo(quoted);
        report = error.Report with { QuotedLengthBytes = length };
        return true;
    }

    public void Close() => MarkClosed();
}
