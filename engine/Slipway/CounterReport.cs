using System.Globalization;
using System.Text;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway;

/// <summary>
/// What an engine has counted, as one line: memory, what it carried, what it dropped, and why.
/// </summary>
internal static class CounterReport
{
    public static string Write(Counters counters)
    {
        // First, since the report itself allocates. Exact: other threads stop for a moment.
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        int collections = GC.CollectionCount(0); // those of older generations are among them
        StringBuilder line = new();
        line.Append(CultureInfo.InvariantCulture,
            $"counted: allocated {allocated} bytes, collections {collections}; "
            + $"frames {counters.FramesReceived} in, {counters.FramesSent} out; "
            + $"TCP flows {counters.TcpFlowsOpened}, failed connects {counters.TcpConnectsFailed}, "
            + $"stranded {counters.TcpFlowsStranded}, "
            + $"retransmitted segments {counters.TcpSegmentsRetransmitted}; "
            + $"UDP flows {counters.UdpFlowsOpened}; dropped:");
        int start = line.Length;
        foreach (DropReason reason in Enum.GetValues<DropReason>())
        {
            Append(line, reason.ToString(), counters.Dropped(reason));
        }

        foreach (ParseError error in Enum.GetValues<ParseError>())
        {
            Append(line, $"Malformed{error}", counters.Malformeds(error));
        }

        return line.Length == start ? line.Append(" nothing").ToString() : line.ToString();
    }

    private static void Append(StringBuilder line, string name, long count)
    {
        if (count > 0)
        {
            line.Append(CultureInfo.InvariantCulture, $" {name} {count}");
        }
    }
}
