using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Fuzz.Targets;

/// <summary>
/// One connection as RFC 9293 lets it be, written plainly. It sees every segment of both sides and
/// what the host's program reads, and throws where the engine does what it may not.
/// </summary>
/// <remarks>
/// Positions count the bytes of a direction from 0; its SYN is at -1, and a FIN has the place
/// behind the last byte. What the engine has taken of the guest lies between two bounds: what it
/// must have taken (<see cref="MustEnd"/>), since it came in the window and nothing was wrong with
/// it, and what it may have (<see cref="MayEnd"/>), since it came at all.
/// </remarks>
internal sealed class TcpModel(uint guestInitial, int segmentBytes, int guestScale)
{
    /// <summary>Bytes of the guest's stream that are followed.</summary>
    public const int MostBytes = 1 << 18;

    /// <summary>The guest's text, and another for copies that do not agree with it.</summary>
    public static readonly StreamPattern[] GuestTexts = [new(1), new(2)];
    public static readonly StreamPattern HostText = new(3);

    // One for all connections, one after the other: it is long.
    private static readonly byte[] s_copies = new byte[MostBytes];

    // For each byte of the guest: which texts it was sent with while it could still be taken.
    private const byte MustBeTaken = 4;
    private readonly byte[] _copies = Cleared();
    private readonly HashSet<long> _fins = [];
    private long _mayEnd;
    private long _mustEnd;
    private bool _mustTakeFin;
    private bool _isLying;
    private uint _latestTimestamp;
    private uint? _engineInitial;
    private int _engineScale;

    /// <summary>Behind the last byte that the guest sent, or says that it sent.</summary>
    public long GuestSent { get; private set; }

    /// <summary>What the engine has acknowledged, and how far its window reaches.</summary>
    public long Told { get; private set; }

    public long Edge { get; private set; }

    /// <summary>What the host's program has read.</summary>
    public long HostGot { get; private set; }

    /// <summary>What it has written; it may have closed, or reset the connection.</summary>
    public long HostWritten { get; set; }

    public bool IsHostShut { get; set; }

    public bool IsHostReset { get; set; }

    /// <summary>SND.NXT of the engine at its highest: it never leaves a gap.</summary>
    public long EngineSent { get; private set; }

    /// <summary>What the guest has acknowledged, and how far it lets the engine go.</summary>
    public long Acknowledged { get; private set; }

    public long GuestEdge { get; private set; }

    public bool HasEngineFin { get; private set; }

    /// <summary>The guest contradicted itself: text behind its FIN, a second one, or a
    /// place beyond its window, whose segment may have told a window for ever.</summary>
    public bool IsConfused => _isLying || _fins.Count > 1
        || (_fins.Count == 1 && GuestSent > _fins.First());

    /// <summary>Where the guest's FIN is; null when it has sent none.</summary>
    public long? GuestFin => _fins.Count > 0 ? _fins.First() : null;

    public uint LatestEngineTimestamp { get; private set; }

    /// <summary>Since the last <see cref="BeginStep"/>: resets of both sides.</summary>
    public bool MayBeReset { get; private set; }

    public bool MustBeReset { get; private set; }

    public bool HasEngineReset { get; private set; }

    /// <summary>RCV.NXT is not less, with the guest's FIN counted.</summary>
    public long MustEnd => IsConfused ? Told
        : _mustEnd + (_mustTakeFin && _mustEnd == GuestFin ? 1 : 0);

    /// <summary>RCV.NXT is not more.</summary>
    public long MayEnd =>
        Math.Max(_mayEnd, _fins.Where(fin => fin <= _mayEnd).Max(fin => (long?)fin + 1) ?? 0);

    /// <summary>Both have sent FIN, and the guest has acknowledged the engine's.</summary>
    public bool MayBeOver =>
        _fins.Any(f => f <= _mayEnd) && HasEngineFin && Acknowledged == EngineSent;

    public void BeginStep() => MayBeReset = MustBeReset = HasEngineReset = false;

    public uint GuestSequence(long position) => guestInitial + 1 + (uint)position;

    public uint EngineSequence(long position) =>
        _engineInitial.GetValueOrDefault() + 1 + (uint)position;

    /// <summary>The guest's SYN or SYN+ACK, whose window is not scaled.</summary>
    public void GuestSynchronizes(Segment segment)
    {
        GuestEdge = segment.Window;
        _latestTimestamp = segment.Options.Timestamps?.Value ?? 0;
    }

    /// <summary>The guest sends a segment.</summary>
    /// <param name="segment">Not one that opens the connection.</param>
    /// <param name="text">Which of the texts it carries.</param>
    /// <param name="state">The engine's before it.</param>
    /// <returns>False when it passes the bytes that are followed.</returns>
    public bool TryGuestSend(Segment segment, int text, TcpState state)
    {
        long at = (int)(segment.Sequence - GuestSequence(0));
        long end = at + segment.Payload.Length;
        if (at < MostBytes && end >= MostBytes)
        {
            return false;
        }

        if (segment.Has(TcpFlags.Reset))
        {
            MayBeReset |= at >= MustEnd && at <= MayEnd;
            MustBeReset = at == MustEnd && at == MayEnd;
            return true;
        }

        bool mustBeTaken = IsGood(segment, state) && IsAcceptable(at, segment.Length);
        NoteAcknowledgment(segment);
        if (segment.Has(TcpFlags.Fin) && end is >= 0 and < MostBytes)
        {
            mustBeTaken &= _fins.Count == 0 || _fins.Contains(end);
            _fins.Add(end);
            _mustTakeFin |= mustBeTaken && end < Edge && end >= GuestSent;
        }

        if (at < MostBytes)
        {
            // An empty segment in the window says, too, that all before it was sent.
            bool counts = segment.Payload.Length > 0 || at <= Edge;
            GuestSent = counts ? Math.Max(GuestSent, end) : GuestSent;
            _isLying |= !counts;
            byte marks = (byte)((1 << text) | (mustBeTaken && !IsConfused ? MustBeTaken : 0));
            for (long i = Math.Max(at, Told); i < end; i++)
            {
                _copies[i] |= i < Edge ? marks : (byte)(1 << text);
            }
        }

        AdvanceBounds();
        return true;
    }

    /// <summary>The engine sends a segment.</summary>
    public void EngineSends(Segment segment)
    {
        LatestEngineTimestamp = segment.Options.Timestamps?.Value ?? LatestEngineTimestamp;
        if (segment.Has(TcpFlags.Syn))
        {
            EngineSynchronizes(segment);
        }
        else if (segment.Has(TcpFlags.Reset))
        {
            HasEngineReset = true;
        }
        else
        {
            Wrong(!segment.Has(TcpFlags.Acknowledgment), "no ACK", segment);
            EngineAcknowledges(segment);
            EngineSendsText(segment);
        }
    }

    /// <summary>The host's program reads.</summary>
    public void HostGets(ReadOnlySpan<byte> bytes)
    {
        byte[] first = GuestTexts[0].Bytes(HostGot, bytes.Length);
        byte[] second = GuestTexts[1].Bytes(HostGot, bytes.Length);
        for (int i = 0; i < bytes.Length; i++, HostGot++)
        {
            FuzzFaultException.If(
                HostGot >= _mayEnd
                    || !(((_copies[HostGot] & 1) != 0 && bytes[i] == first[i])
                        || ((_copies[HostGot] & 2) != 0 && bytes[i] == second[i])),
                $"the host reads {bytes[i]:x2} at {HostGot}, which the guest has not sent there");
        }
    }

    /// <summary>The host's program reads the end of the stream.</summary>
    public void HostGetsEnd() => FuzzFaultException.If(
        !_fins.Contains(HostGot),
        $"the host's stream ends at {HostGot}, where the guest's does not");

    private static byte[] Cleared()
    {
        Array.Clear(s_copies);
        return s_copies;
    }

    // Nothing is wrong with it, wherever it lies. RFC 9293 section 3.10.7.4: the ACK is of what was
    // sent; RFC 7323 section 5.3: its timestamp is not an old one.
    private bool IsGood(Segment segment, TcpState state)
    {
        uint timestamp = segment.Options.Timestamps?.Value ?? _latestTimestamp;
        bool isOld = (int)(timestamp - _latestTimestamp) < 0;
        _latestTimestamp = isOld ? _latestTimestamp : timestamp;
        long acknowledged = (int)(segment.Acknowledgment - EngineSequence(0));
        bool isReady = state is TcpState.Established or TcpState.FinWait1 or TcpState.FinWait2
            || (state == TcpState.SynReceived && acknowledged == 0);
        return isReady && !isOld && !IsHostReset && segment.Has(TcpFlags.Acknowledgment)
            && !segment.Has(TcpFlags.Syn)
            && acknowledged <= EngineSent && acknowledged >= Acknowledged - ushort.MaxValue;
    }

    // RFC 9293 section 3.4, table 6, wherever RCV.NXT is between its bounds.
    private bool IsAcceptable(long at, long length)
    {
        bool endsIn = at + length <= Edge;
        bool isFirstIn = at < Edge && (at >= MayEnd || (at >= MustEnd && endsIn));
        return length > 0 && (isFirstIn || (endsIn && at + length > MayEnd));
    }

    private void NoteAcknowledgment(Segment segment)
    {
        long acknowledged = (int)(segment.Acknowledgment - EngineSequence(0));
        if (segment.Has(TcpFlags.Acknowledgment) && acknowledged <= EngineSent)
        {
            Acknowledged = Math.Max(Acknowledged, acknowledged);
            long window = (long)segment.Window << Math.Max(guestScale, 0);
            GuestEdge = Math.Max(GuestEdge, acknowledged + window);
        }
    }

    private void AdvanceBounds()
    {
        while (_mayEnd < MostBytes && (_copies[_mayEnd] & 3) != 0)
        {
            _mayEnd++;
        }

        _mustEnd = Math.Max(_mustEnd, Math.Min(Told, _mayEnd));
        while (_mustEnd < MostBytes && (_copies[_mustEnd] & MustBeTaken) != 0)
        {
            _mustEnd++;
        }
    }

    private void EngineSynchronizes(Segment segment)
    {
        _engineInitial ??= segment.Sequence;
        Wrong(_engineInitial != segment.Sequence, "another initial sequence number", segment);
        Wrong(
            segment.Has(TcpFlags.Acknowledgment) && segment.Acknowledgment != GuestSequence(0),
            "a wrong acknowledgment of the SYN", segment);
        _engineScale = guestScale >= 0 ? segment.Options.WindowScale ?? 0 : 0;
        Edge = Math.Max(Edge, segment.Window);
    }

    private void EngineAcknowledges(Segment segment)
    {
        long told = (int)(segment.Acknowledgment - GuestSequence(0));
        Wrong(told < Told, $"acknowledgments go back from {Told} to {told}", segment);
        Wrong(told > MayEnd, $"{told} is acknowledged, of {MayEnd}", segment);
        long edge = told + ((long)segment.Window << _engineScale);
        Wrong(
            edge <= Edge - (1 << _engineScale),
            $"the window's edge goes back from {Edge} to {edge}", segment);
        Told = told;
        Edge = Math.Max(Edge, edge);
        AdvanceBounds();
        foreach ((uint left, uint right) in segment.Options.SackBlocks)
        {
            long from = (int)(left - GuestSequence(0)), to = (int)(right - GuestSequence(0));
            Wrong(from <= told || to <= from || to > GuestSent, $"a block {from}..{to}", segment);
            Wrong(
                _copies.AsSpan((int)from, (int)(to - from)).IndexOf((byte)0) >= 0,
                $"a block {from}..{to} of bytes that never came", segment);
        }
    }

    private void EngineSendsText(Segment segment)
    {
        long at = (int)(segment.Sequence - EngineSequence(0));
        long end = at + segment.Payload.Length;
        bool isFin = segment.Has(TcpFlags.Fin);
        bool isEmpty = segment.Length == 0;
        Wrong(segment.Payload.Length > segmentBytes, $"more than {segmentBytes} bytes", segment);
        Wrong(at > EngineSent, $"a gap behind {EngineSent}", segment);
        Wrong(at < (isEmpty ? -1 : 0), "text before the first", segment);
        Wrong(end > HostWritten + (isEmpty && HasEngineFin ? 1 : 0), "more than there is", segment);
        Wrong(
            !segment.Payload.AsSpan().SequenceEqual(HostText.Bytes(at, segment.Payload.Length)),
            "it is not the host's text", segment);
        Wrong(isFin && (!IsHostShut || end != HostWritten), "a FIN too early", segment);
        Wrong(
            !isEmpty && end + (isFin ? 1 : 0) > GuestEdge,
            $"it passes the guest's window, which ends at {GuestEdge}", segment);
        HasEngineFin |= isFin;
        EngineSent = Math.Max(EngineSent, end + (isFin ? 1 : 0));
    }

    private static void Wrong(bool isWrong, string what, Segment segment) =>
        FuzzFaultException.If(isWrong, isWrong ? $"{what}: {segment}" : "");
}
