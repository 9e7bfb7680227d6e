using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Tcp;

/// <summary>Brings a flow into a state and then lets one event happen.</summary>
internal sealed class TcpStateBench
{
    private const TcpFlags FinAck = TcpFlags.Fin | TcpFlags.Acknowledgment;

    private static readonly IpEndpoint GuestServer = new(VirtualNetwork.Guest, 8080);
    private static readonly IpEndpoint Client = new(IpAddress.Parse("127.0.0.1"), 50_000);

    private readonly TcpScript _script = new();
    private Segment _template = TcpScript.Syn;
    private SimConnection? _host;
    private uint _acknowledged;

    public TcpStateBench(TcpState state)
    {
        switch (state)
        {
            case TcpState.Closed:
                _script.GuestNext++;
                break;
            case TcpState.SynHeld:
                Hold();
                break;
            case TcpState.SynSent:
                Invite();
                break;
            case TcpState.SynReceived:
                _script.Send(TcpScript.Syn);
                TakeSynAcknowledgment();
                _acknowledged = _script.EngineNext - 1;
                _host = _script.Server.Connection;
                break;
            default:
                Open(state);
                break;
        }

        _script.TakeAll();
    }

    public TcpState State => _script.StateOf(_template);

    private Segment Ack => _template with
    {
        Flags = TcpFlags.Acknowledgment, Sequence = _script.GuestNext,
            Acknowledgment = _acknowledged,
        Options = SegmentOptions.None,
    };

    /// <summary>Lets an event happen; returns what the engine sent, by flags.</summary>
    public string Happen(string happening)
    {
        bool opening = State is TcpState.SynReceived;
        Segment complete = Ack with { Acknowledgment = _script.EngineNext };
        switch (happening)
        {
            case "Syn":
                _script.Send(
                    _template with { Flags = TcpFlags.Syn, Sequence = _script.GuestNext + 1_000 });
                break;
            case "SynAgain":
                _script.Send(_template with { Flags = TcpFlags.Syn });
                break;
            case "AckOld":
                _script.Send(Ack with { Acknowledgment = _acknowledged - (opening ? 1u : 100u) });
                break;
            case "Ack":
                _script.Send(complete);
                break;
            case "AckBeyond":
                _script.Send(Ack with { Acknowledgment = _script.EngineNext + 1 });
                break;
            case "Data":
                _script.Send((opening ? complete : Ack) with { Payload = [1] });
                break;
            case "DataAgain":
                _script.Send((opening ? complete : Ack) with { Sequence = _script.GuestNext - 1,
                    Payload = [1] });
                break;
            case "Fin":
                _script.Send((opening ? complete : Ack) with { Flags = FinAck });
                break;
            case "Timer":
                // A handshake has no round trip yet: 1 s. Afterwards the minimum holds: 200 ms.
                bool isShort =
                    State is not (TcpState.SynSent or TcpState.SynReceived or TcpState.TimeWait);
                _script.Elapse(Duration.FromMilliseconds(isShort ? 250 : 1_050));
                break;
            default:
                HappenByResetOrHost(happening, complete);
                break;
        }

        return Describe();
    }

    private void HappenByResetOrHost(string happening, Segment complete)
    {
        switch (happening)
        {
            case "RstExact":
                _script.Send(Ack with { Flags = TcpFlags.Reset });
                break;
            case "RstInWindow":
                _script.Send(
                    Ack with { Flags = TcpFlags.Reset, Sequence = _script.GuestNext + 10 });
                break;
            case "RstOutside":
                _script.Send(
                    Ack with { Flags = TcpFlags.Reset, Sequence = _script.GuestNext + (64 << 20) });
                break;
            case "RstAck":
                _script.Send(complete with { Flags = TcpFlags.Reset | TcpFlags.Acknowledgment });
                break;
            case "HostData":
                _host?.Write([1]);
                break;
            case "HostEnd":
                _host?.ShutdownSend();
                break;
            case "HostReset":
                ResetByHost();
                break;
            case "HostRoom":
                _ = _host?.ReadAll();
                break;
            default:
                throw new ArgumentException(happening);
        }

        _script.Turn();
    }

    private void ResetByHost()
    {
        if (State == TcpState.SynHeld)
        {
            _script.Server.Outcome = HostError.Refused;
            _script.Elapse(Duration.FromSeconds(5));
        }

        _host?.Reset();
    }

    private string Describe()
    {
        List<string> answers = [];
        while (_script.Port.Take() is byte[] frame)
        {
            Ipv4Packet packet = Ipv4Packet.ParseFrame(frame);
            answers.Add(packet.Protocol == IpProtocol.Icmp ? "icmp"
                : Letters(Segment.Parse(packet)));
        }

        return answers.Count == 0 ? "-" : string.Join(',', answers);
    }

    private static string Letters(Segment segment) => string.Concat(
        segment.Has(TcpFlags.Syn) ? "S" : "", segment.Has(TcpFlags.Fin) ? "F" : "",
        segment.Has(TcpFlags.Reset) ? "R" : "", segment.Payload.Length > 0 ? "D" : "",
        segment.Has(TcpFlags.Acknowledgment) ? "A" : "");

    private void Hold()
    {
        _script.Server.Delay = Duration.FromSeconds(5);
        _script.Send(TcpScript.Syn);
        _script.GuestNext++;
    }

    private void Invite()
    {
        _script.LearnGuest();
        IHostStream stream = _script.Host.AcceptedStream(GuestServer, Client);
        _host = SimHost.ConnectionOf(stream);
        _script.Layer.AcceptFromHost(stream, Client, GuestServer, _script.Clock.Now);
        _script.Turn();
        Segment syn = _script.Expect(Expect.Flags(TcpFlags.Syn));
        _script.EngineNext = syn.End;
        _acknowledged = syn.End;
        _template = TcpScript.Syn with { Source = syn.Destination, Destination = syn.Source };
    }

    private void Open(TcpState state)
    {
        _host = _script.Connect();
        bool guestFirst = state is TcpState.CloseWait or TcpState.LastAck;
        bool acknowledges = state is TcpState.FinWait2 or TcpState.TimeWait;
        if (guestFirst)
        {
            SendFin();
        }

        _acknowledged = _script.EngineNext;
        if (state is not (TcpState.Established or TcpState.CloseWait))
        {
            _host.ShutdownSend();
            _script.Turn();
            _script.EngineNext++;
        }

        if (acknowledges)
        {
            _script.Send(_script.Ack);
            _acknowledged = _script.EngineNext;
        }

        if (state is TcpState.Closing or TcpState.TimeWait)
        {
            SendFin();
        }
    }

    private void SendFin()
    {
        _script.Send(Ack with
        {
            Flags = FinAck,
                Acknowledgment = _acknowledged == 0 ? _script.EngineNext : _acknowledged,
        });
        _script.GuestNext++;
    }

    private void TakeSynAcknowledgment()
    {
        Segment answer = _script.Expect(Expect.Flags(TcpFlags.Syn | TcpFlags.Acknowledgment));
        _script.GuestNext = TcpScript.GuestInitial + 1;
        _script.EngineNext = answer.End;
    }
}
