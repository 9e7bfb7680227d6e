using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// A flow or publication over one datagram socket of the host: UDP or ICMP echo. Reads what the
/// host has, in portions, so that a flood at one socket leaves the turn to others.
/// </summary>
internal abstract class DatagramFlow(DatagramTurn turn) : IReadinessOwner
{
    // Receives and error reports that a flow handles before the next one has its turn: two full
    // batches at most.
    private const int Portion = 32;
    private const int ReceivesPerPortion = 2;

    // False once the kernel has refused to cut for this socket.
    private bool _sendsSegments = true;

    // A send just failed because the host's own MTU is too small for it.
    private bool _wasTooLong;

    /// <summary>The socket; set once, right after it was opened.</summary>
    public IHostDatagramSocket? Socket { get; set; }

    public bool IsClosed { get; private set; }

    /// <summary>
    /// The host's address that the datagram of the moment was sent to; the unspecified one where
    /// the socket does not tell.
    /// </summary>
    protected IpAddress Local { get; private set; }

    /// <summary>True while it waits for another portion.</summary>
    public bool IsQueued { get; set; }

    public void OnReady(Readiness readiness, Instant now)
    {
        // A report of readiness may have been on its way when the flow closed.
        const Readiness work = Readiness.Readable | Readiness.Error;
        if (!IsClosed && Socket is not null && (readiness & work) != 0)
        {
            Work(mayReport: (readiness & Readiness.Error) != 0, now);
        }
    }

    /// <summary>Handles one portion, and queues the flow where there may be more.</summary>
    /// <param name="mayReport">False to save the system call that looks for reports.</param>
    /// <param name="now">The turn's time.</param>
    public void Work(bool mayReport, Instant now)
    {
        int left = Portion;
        while (mayReport && left > 0 && !IsClosed && TakeReport(now))
        {
            left--;
        }

        bool hasFailed = false;
        int datagrams = ReceivesPerPortion * DatagramBatch.Capacity;
        while (left > 0 && datagrams > 0 && !IsClosed)
        {
            left--;
            HostError error = Socket!.ReceiveMany(turn.Batch);
            if (error == HostError.None)
            {
                datagrams -= turn.Batch.Count;
                bool isDrained = turn.Batch.Count < DatagramBatch.Capacity && !mayReport;
                Deliver(turn.Batch, now);
                if (isDrained)
                {
                    return; // of what comes next readiness is told anew
                }
            }
            else if (error == HostError.WouldBlock || (hasFailed && !TakeReport(now)))
            {
                return;
            }

            // A report makes one read fail (RFC 1122 section 4.1.3.3); data may stand behind it.
            hasFailed = error != HostError.None;
        }

        if (!IsClosed)
        {
            turn.Continue(this);
        }
    }

    /// <summary>
    /// Sends a datagram. An error report that waits makes the next send fail, whoever it is to: it
    /// is taken, and the datagram sent again. On MessageTooLong the guest has been told the MTU.
    /// </summary>
    public HostError Send(
        in IpEndpoint remote, ReadOnlySpan<byte> payload, DatagramOptions options, Instant now)
    {
        HostError error = Socket!.Send(remote, payload, options);
        if (error is HostError.None or HostError.WouldBlock or HostError.NoResources
            or HostError.Prohibited)
        {
            return error;
        }

        _wasTooLong = false;
        if (!TakeReports(now) || (_wasTooLong && error == HostError.MessageTooLong))
        {
            return error;
        }

        return Socket.Send(remote, payload, options);
    }

    /// <summary>Takes a portion of the error reports. True when there was one.</summary>
    private bool TakeReports(Instant now)
    {
        int left = Portion;
        while (left > 0 && TakeReport(now))
        {
            left--;
        }

        return left < Portion;
    }

    /// <summary>Takes the oldest error report, if there is one.</summary>
    public bool TakeReport(Instant now)
    {
        Span<byte> quoted = stackalloc byte[DatagramTurn.QuoteLengthBytes];
        if (!Socket!.TryReceiveError(quoted, out HostErrorReport report))
        {
            return false;
        }

        _wasTooLong |= report.Offender.IsUnspecified
            && IcmpError.Of(report).IsTooBig;
        OnReport(report, quoted[..Math.Clamp(report.QuotedLengthBytes, 0, quoted.Length)], now);
        return true;
    }

    /// <summary>
    /// Sends datagrams of one size that lie together, in one call where the host can; else one by
    /// one.
    /// </summary>
    /// <returns>None, or the error of the first that failed.</returns>
    public HostError SendSegments(
        in IpEndpoint remote, ReadOnlySpan<byte> payload, int segmentBytes, DatagramOptions options,
        Instant now)
    {
        bool hasFailed = false;
        if (_sendsSegments && payload.Length > segmentBytes)
        {
            HostError error = Socket!.SendSegments(remote, payload, segmentBytes, options);
            if (error is not (HostError.None or HostError.WouldBlock) && TakeReports(now))
            {
                // It may have been a report about an earlier datagram.
                error = Socket!.SendSegments(remote, payload, segmentBytes, options);
            }

            if (error is HostError.None or HostError.WouldBlock)
            {
                return error;
            }

            hasFailed = true;
        }

        HostError first = HostError.None;
        int offset = 0;
        do
        {
            int length = Math.Min(segmentBytes, payload.Length - offset);
            HostError error = Send(remote, payload.Slice(offset, length), options, now);
            first = first == HostError.None ? error : first;
            offset += length;
        }
        while (offset < payload.Length);

        // What goes one by one and not at once: longer than the path carries unfragmented, or no
        // such kernel.
        _sendsSegments &= !hasFailed || first != HostError.None;
        return first;
    }

    /// <summary>Closes the socket; nothing is told of it any more.</summary>
    protected void CloseSocket()
    {
        IsClosed = true;
        Socket?.Close();
    }

    /// <summary>
    /// Datagrams of one remote and size have come from the host's side, the last one perhaps
    /// shorter.
    /// </summary>
    /// <param name="batch">What holds them.</param>
    /// <param name="run">Which slots they are.</param>
    /// <param name="now">The turn's time.</param>
    protected virtual void OnRun(DatagramBatch batch, DatagramRun run, Instant now)
    {
        for (int i = run.First; i < run.First + run.Count; i++)
        {
            Local = batch.Local(i);
            int length = batch.LengthBytes(i);
            int segment = batch.SegmentBytes(i);
            int offset = 0;
            do
            {
                int piece = Math.Min(segment, length - offset);
                OnDatagram(batch.Remote(i), batch.Datagram(i, offset, piece), now);
                offset += piece;
            }
            while (offset < length && !IsClosed);
        }
    }

    private void Deliver(DatagramBatch batch, Instant now)
    {
        int first = 0;
        while (first < batch.Count && !IsClosed)
        {
            DatagramRun run = DatagramRun.StartingAt(batch, first);
            OnRun(batch, run, now);
            first += run.Count;
        }
    }

    /// <summary>A datagram has come from the host's side.</summary>
    /// <param name="remote">Who sent it.</param>
    /// <param name="datagram">Eight bytes of room for a header, and the payload.</param>
    /// <param name="now">The turn's time.</param>
    protected abstract void OnDatagram(IpEndpoint remote, Span<byte> datagram, Instant now);

    /// <summary>The host's kernel reports an ICMP error about a datagram that was sent.</summary>
    protected abstract void OnReport(in HostErrorReport report, Span<byte> quoted, Instant now);
}
