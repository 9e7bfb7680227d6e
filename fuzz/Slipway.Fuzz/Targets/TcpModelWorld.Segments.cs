using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Fuzz.Targets;

/// <summary>Segments of the guest and of the engine.</summary>
internal sealed partial class TcpModelWorld
{
    private static readonly int[] Distances =
    [
        0, 1, -1, 2, -2, 7, -7, 100, -100, 536, -536, 1_460, -1_460, 5_000, -5_000, 20_000, -20_000,
        65_535, -65_535, 1 << 20, -(1 << 20), 1 << 30, -(1 << 30), int.MinValue, int.MaxValue,
    ];

    private static readonly TcpFlags[] Kinds =
    [
        TcpFlags.Acknowledgment, TcpFlags.Acknowledgment, TcpFlags.Acknowledgment,
        TcpFlags.Acknowledgment, TcpFlags.Acknowledgment, TcpFlags.Acknowledgment,
        TcpFlags.Acknowledgment | TcpFlags.Push, TcpFlags.Acknowledgment | TcpFlags.Urgent,
        TcpFlags.Acknowledgment | TcpFlags.Fin, TcpFlags.Acknowledgment | TcpFlags.Fin,
        TcpFlags.Acknowledgment | TcpFlags.Fin, TcpFlags.Reset,
        TcpFlags.Reset | TcpFlags.Acknowledgment, TcpFlags.Syn, TcpFlags.None,
        TcpFlags.Syn | TcpFlags.Acknowledgment,
    ];

    // flags and what is special, sequence, acknowledgment, length and SACK, window
    private void Script(ReadOnlySpan<byte> step, TcpState state)
    {
        TcpFlags flags = Kinds[step[0] & 15];
        bool isLast = (step[0] & 16) == 0;
        bool isOld = (step[0] & 32) != 0;
        int text = step[0] >> 6 & 1;
        bool opens = (flags & TcpFlags.Syn) != 0;
        if (opens)
        {
            HandOver(); // what came before may have ended the connection
            state = State;
            if (state is TcpState.TimeWait or TcpState.Closed)
            {
                return; // it would begin another one
            }
        }

        long at = Place(step[1], _model.GuestSent, _model.Told, _model.Edge, _model.MustEnd);
        long acknowledged = Place(
            step[2], _model.EngineSent, _model.Acknowledged, _model.EngineSent, 0);
        int length = opens ? 0 : Length(step[3] & 15);
        length = (step[3] & 15) == 0 && (flags & ~TcpFlags.Acknowledgment) != 0 ? 0 : length;
        Segment segment = Template with
        {
            Sequence = _model.GuestSequence(at), Flags = flags,
            Acknowledgment = _model.EngineSequence(acknowledged),
            Window = (step[4] & 3) switch
            {
                0 => ushort.MaxValue,
                1 => (ushort)(step[4] >> 2),
                2 => (ushort)(step[4] >> 2 << 8),
                _ => (ushort)(step[4] >> 2 << 4),
            },
        };
        segment = segment with { Options = Options(segment.Options, step[3] >> 4, isOld) };
        Arrive(WithText(segment, at, length, text), text, isLast);
    }

    // Far places wrap as sequence numbers do.
    private static long Place(byte choice, params ReadOnlySpan<long> bases) =>
        (int)(bases[choice & 3] + Distances[(choice >> 2) % Distances.Length]);

    private SegmentOptions Options(SegmentOptions options, int choice, bool isOld)
    {
        uint place = _model.EngineSequence(_model.Acknowledged);
        uint sent = _model.EngineSequence(_model.EngineSent);
        return options with
        {
            Timestamps = options.Timestamps is (uint value, uint echo) && isOld
                ? (value - 30_000, echo - 1) : options.Timestamps,
            SackBlocks = !_options.SackPermitted ? [] : choice switch
            {
                8 => [(place + 1, place + 500)],
                9 => [(place + 1_460, place + 2_920), (place + 4_000, place + 4_100)],
                10 => [(place, place + 100)],
                11 => [(sent - 1, sent)],
                12 => [(place + 100, place + 90)],
                13 => [(place - 100, place + 2_000)],
                14 => [(_model.EngineSequence(0), sent + 9)],
                15 => [(place + 1, place + 0x7fff_ffff)],
                _ => [],
            },
        };
    }

    private void Arrive(Segment segment, int text, bool isLast)
    {
        if (!_isOver && !_model.TryGuestSend(segment, text, State))
        {
            return;
        }

        Queue(segment);
        if (isLast || s_batch.Room.IsEmpty)
        {
            HandOver();
            Turn();
        }
    }

    private void HandOver(Segment segment)
    {
        Queue(segment);
        HandOver();
    }

    private static void Queue(Segment segment)
    {
        FuzzTrace.Say(segment);
        byte[] frame = segment.ToFrame();
        frame.CopyTo(s_batch.Room);
        s_batch.Add(0, frame.Length, default);
    }

    private void HandOver()
    {
        if (s_batch.Count > 0)
        {
            _stack.OnFrames(_port, s_batch, _clock.Now);
            s_batch.Clear();
        }
    }

    private void Turn()
    {
        HandOver();
        do
        {
            _host.Dispatch(_clock.Now);
            _stack.Advance(_clock.Now);
        }
        while (_stack.HasPendingWork || _host.NextEvent <= _clock.Now);
        foreach (byte[] frame in _port.TakeAll())
        {
            FrameCheck.MustBeWellFormed(frame);
            if (IsTcp(frame))
            {
                Segment segment = Segment.ParseFrame(frame);
                FuzzTrace.Say(segment);
                FuzzFaultException.If(
                    _isOver && !segment.Has(TcpFlags.Reset), $"{segment} after the end");
                _model.EngineSends(segment);
            }
        }
    }

    private static bool IsTcp(byte[] frame) => EthernetFrame.IsIpv6(frame)
        ? Ipv6Packet.ParseFrame(frame).Protocol == IpProtocol.Tcp
        : EthernetFrame.Parse(frame).Type == 0x0800
            && Ipv4Packet.ParseFrame(frame).Protocol == IpProtocol.Tcp;

    // The connection ends by what RFC 9293 ends it, and by nothing else; and its state is one that
    // what both sides have sent leads to.
    private void CheckState(TcpState before)
    {
        TcpState state = State;
        if (_isOver)
        {
            FuzzFaultException.If(state != TcpState.Closed, $"{state} after the end");
            return;
        }

        if (state == TcpState.Closed)
        {
            FuzzFaultException.If(
                !_model.MayBeReset && !_model.IsHostReset && !_model.MayBeOver,
                $"it ends without a reason, from {before}");
            _isOver = true;
            return;
        }

        FuzzFaultException.If(
            _model.MustBeReset && s_batch.Count == 0 && state != TcpState.TimeWait,
            $"a reset with exactly the next sequence number left it {state}");
        FuzzFaultException.If(
            _model.HasEngineReset && before != TcpState.SynReceived,
            $"the engine sent a reset, and goes on in {state}");
        bool hasGuestFin = state >= TcpState.CloseWait || state == TcpState.TimeWait;
        bool hasEngineFin = state is TcpState.FinWait1 or TcpState.FinWait2 or TcpState.Closing
            or TcpState.LastAck or TcpState.TimeWait;
        bool isAcknowledged = state is TcpState.FinWait2 or TcpState.TimeWait;
        FuzzFaultException.If(
            (hasGuestFin && _model.GuestFin is null) || (hasEngineFin && !_model.HasEngineFin)
                || (isAcknowledged && _model.Acknowledged != _model.EngineSent
                    && !_model.MayBeReset)
                || (state < TcpState.SynReceived),
            $"{state} after {before} is not where this leads");
    }

    // A guest that keeps to the rules and a host that reads: all arrives, and both ends close.
    private void Finish()
    {
        Instant end = _clock.Now + Duration.FromSeconds(24 * 3600);
        while (State != TcpState.Closed)
        {
            FuzzFaultException.If(_clock.Now > end, $"it is never done: {State}");
            TcpState before = BeginStep();
            HostReads();
            HostEnds(isReset: false);
            SendRest();
            CheckState(before);
            Instant next = StackRest.Next(_stack, _host);
            Instant soon = _clock.Now + Duration.FromMilliseconds(200);
            _clock.AdvanceTo(
                next < _clock.Now + Duration.FromSeconds(130) && next > _clock.Now ? next : soon);
            Turn();
        }

        _isOver = true;
        HostReads();
        FuzzFaultException.If(
            _model.HostGot != _model.GuestFin || !_connection!.IsEndOfStream
                || _connection.WasReset || _model.EngineSent != _model.HostWritten + 1,
            $"{_model.HostGot} of {_model.GuestFin} bytes came to the host, and to the guest "
                + $"{_model.EngineSent - 1} of {_model.HostWritten}");
    }

    // What the engine has not acknowledged, as far as its window goes, and an acknowledgment.
    private void SendRest()
    {
        const int piece = 1_400;
        long fin = _model.GuestFin ?? _model.GuestSent;
        long at = Math.Min(_model.Told, fin);
        Segment good = Template;
        if (_model.Told > fin)
        {
            Arrive(good with { Sequence = _model.GuestSequence(fin + 1) }, 0, isLast: true);
            return;
        }

        for (int sent = 0; sent < 8 && State != TcpState.Closed; sent++)
        {
            int length = (int)Math.Clamp(Math.Min(fin, _model.Edge) - at, 0, piece);
            bool isFin = at + length == fin && fin < Math.Max(_model.Edge, 1);
            TcpFlags flags = TcpFlags.Acknowledgment | (isFin ? TcpFlags.Fin : TcpFlags.None);
            Segment segment = good with { Sequence = _model.GuestSequence(at), Flags = flags };
            Arrive(WithText(segment, at, length, 0), 0, isLast: true);
            at += length;
            if (length == 0 || isFin)
            {
                return;
            }
        }
    }
}
