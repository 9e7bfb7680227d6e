namespace Slipway.Stack.Tests.Tcp;

/// <summary>
/// The whole (state x event) table: what each state answers to each event, and where it goes. A row
/// is a state; a column an event; a cell the segments sent, by their flags, and the next state if
/// it
/// is another. Flags: S(yn) A(ck) F(in) R(eset) D(ata); "-" is silence; "icmp" an ICMP error.
/// </summary>
public sealed class TcpStateTableTests
{
    private static readonly string[] Events =
    [
        "Syn", "SynAgain", "AckOld", "Ack", "AckBeyond", "Data", "DataAgain", "Fin",
        "RstExact", "RstInWindow", "RstOutside", "RstAck", "Timer", "HostData", "HostEnd",
            "HostReset", "HostRoom",
    ];

    // Syn: a SYN with a new sequence number within the window. SynAgain: the SYN that opened the
    // flow.
    // Ack: acknowledges all that the engine has sent. Data, Fin: acknowledge the same as before.
    // Timer: a little more than the first RTO.
    private static readonly Dictionary<TcpState, string> Table = new()
    {
        [TcpState.SynHeld] = """
            Syn - =SynHeld | SynAgain - | AckOld - | Ack - | AckBeyond - | Data - | DataAgain -
            Fin -
            RstExact - =Closed | RstInWindow - | RstOutside - | RstAck - =Closed
            Timer - | HostData - | HostEnd - | HostReset RA =Closed | HostRoom -
            """,
        [TcpState.SynSent] = """
            Syn - | SynAgain - | AckOld R | Ack - | AckBeyond R | Data - | DataAgain - | Fin -
            RstExact - | RstInWindow - | RstOutside - | RstAck - =Closed
            Timer S | HostData - | HostEnd - | HostReset - =Closed | HostRoom -
            """,
        [TcpState.SynReceived] = """
            Syn A | SynAgain SA | AckOld R | Ack - =Established | AckBeyond R | Data A =Established
            DataAgain A | Fin A =CloseWait
            RstExact - =Closed | RstInWindow A | RstOutside - | RstAck - =Closed
            Timer SA | HostData - | HostEnd - | HostReset RA =Closed | HostRoom -
            """,
        [TcpState.Established] = """
            Syn A | SynAgain A | AckOld - | Ack - | AckBeyond A | Data A | DataAgain A
            Fin A =CloseWait
            RstExact - =Closed | RstInWindow A | RstOutside - | RstAck - =Closed
            Timer - | HostData DA | HostEnd FA =FinWait1 | HostReset RA =Closed | HostRoom -
            """,
        [TcpState.FinWait1] = """
            Syn A | SynAgain A | AckOld - | Ack - =FinWait2 | AckBeyond A | Data A | DataAgain A
            Fin A =Closing
            RstExact - =Closed | RstInWindow A | RstOutside - | RstAck - =Closed
            Timer FA | HostData - | HostEnd - | HostReset RA =Closed | HostRoom -
            """,
        [TcpState.FinWait2] = """
            Syn A | SynAgain A | AckOld - | Ack - | AckBeyond A | Data A | DataAgain A
            Fin A =TimeWait
            RstExact - =Closed | RstInWindow A | RstOutside - | RstAck - =Closed
            Timer - | HostData - | HostEnd - | HostReset RA =Closed | HostRoom -
            """,
        [TcpState.CloseWait] = """
            Syn A | SynAgain A | AckOld - | Ack - | AckBeyond A | Data - | DataAgain A | Fin -
            RstExact - =Closed | RstInWindow A | RstOutside - | RstAck - =Closed
            Timer - | HostData DA | HostEnd FA =LastAck | HostReset RA =Closed | HostRoom -
            """,
        [TcpState.Closing] = """
            Syn A | SynAgain A | AckOld - | Ack - =TimeWait | AckBeyond A | Data - | DataAgain A
            Fin -
            RstExact - =Closed | RstInWindow A | RstOutside - | RstAck - =Closed
            Timer FA | HostData - | HostEnd - | HostReset RA =Closed | HostRoom -
            """,
        [TcpState.LastAck] = """
            Syn A | SynAgain A | AckOld - | Ack - =Closed | AckBeyond A | Data - | DataAgain A
            Fin -
            RstExact - =Closed | RstInWindow A | RstOutside - | RstAck - =Closed
            Timer FA | HostData - | HostEnd - | HostReset RA =Closed | HostRoom -
            """,
        [TcpState.TimeWait] = """
            Syn SA =SynReceived | SynAgain A | AckOld - | Ack - | AckBeyond A | Data -
            DataAgain A | Fin -
            RstExact - =Closed | RstInWindow A | RstOutside - | RstAck - =Closed
            Timer - =Closed | HostData - | HostEnd - | HostReset - | HostRoom -
            """,
        [TcpState.Closed] = """
            Syn SA =SynReceived | SynAgain SA =SynReceived | AckOld R | Ack R | AckBeyond R | Data R
            DataAgain R | Fin R | RstExact - | RstInWindow - | RstOutside - | RstAck -
            Timer - | HostData - | HostEnd - | HostReset - | HostRoom -
            """,
    };

    public static TheoryData<TcpState, string, string, TcpState> Cells()
    {
        TheoryData<TcpState, string, string, TcpState> cells = [];
        foreach ((TcpState state, string row) in Table)
        {
            foreach (string cell in row.Split(['|', '\n'], StringSplitOptions.TrimEntries))
            {
                string[] words = cell.Split(' ');
                TcpState next = words.Length > 2 ? Enum.Parse<TcpState>(words[2][1..]) : state;
                cells.Add(state, words[0], words[1], next);
            }
        }

        return cells;
    }

    [Fact]
    public void Table_IsWhole()
    {
        Assert.Equal(Enum.GetValues<TcpState>().Order(), Table.Keys.Order());
        Assert.All(Table, row => Assert.Equal(
            Events, row.Value.Split(['|', '\n'], StringSplitOptions.TrimEntries)
                .Select(cell => cell.Split(' ')[0])));
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void Flow_AtEachEvent_AnswersAndMovesAsTheTableSays(
        TcpState state, string happening, string answer, TcpState next)
    {
        TcpStateBench bench = new(state);
        Assert.Equal(state, bench.State);

        string actual = bench.Happen(happening);

        Assert.Equal($"{answer} -> {next}", $"{actual} -> {bench.State}");
    }
}
