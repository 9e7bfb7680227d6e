namespace Slipway.Stack.Tests.Tcp;

/// <summary>The pure table beside RFC 9293 figure 5.</summary>
public sealed class TcpTransitionsTests
{
    private static readonly Dictionary<(TcpState State, TcpEvent Event), TcpState> Figure = new()
    {
        [(TcpState.SynHeld, TcpEvent.HostConnected)] = TcpState.SynReceived,
        [(TcpState.SynSent, TcpEvent.SynAcknowledgmentArrives)] = TcpState.Established,
        [(TcpState.SynReceived, TcpEvent.AcknowledgmentOfSyn)] = TcpState.Established,
        [(TcpState.Established, TcpEvent.FinArrives)] = TcpState.CloseWait,
        [(TcpState.Established, TcpEvent.SendFin)] = TcpState.FinWait1,
        [(TcpState.FinWait1, TcpEvent.AcknowledgmentOfFin)] = TcpState.FinWait2,
        [(TcpState.FinWait1, TcpEvent.FinArrives)] = TcpState.Closing,
        [(TcpState.FinWait2, TcpEvent.FinArrives)] = TcpState.TimeWait,
        [(TcpState.Closing, TcpEvent.AcknowledgmentOfFin)] = TcpState.TimeWait,
        [(TcpState.CloseWait, TcpEvent.SendFin)] = TcpState.LastAck,
        [(TcpState.LastAck, TcpEvent.AcknowledgmentOfFin)] = TcpState.Closed,
        [(TcpState.TimeWait, TcpEvent.TimeWaitTimeout)] = TcpState.Closed,
    };

    [Fact]
    public void Next_EveryStateAndEvent_IsTheFigures()
    {
        foreach (TcpState state in Enum.GetValues<TcpState>())
        {
            foreach (TcpEvent tcpEvent in Enum.GetValues<TcpEvent>())
            {
                TcpState expected = tcpEvent == TcpEvent.Abort ? TcpState.Closed
                    : Figure.TryGetValue((state, tcpEvent), out TcpState next) ? next : state;
                Assert.Equal(expected, TcpTransitions.Next(state, tcpEvent));
            }
        }
    }
}
