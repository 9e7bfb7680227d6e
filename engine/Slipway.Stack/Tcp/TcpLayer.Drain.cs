namespace Slipway.Stack;

/// <summary>
/// The engine is to end: no new connections, then the end of those that are left.
/// </summary>
public sealed partial class TcpLayer
{
    /// <summary>
    /// New connections are refused, guests' and clients' alike; open ones go on. Not undone.
    /// </summary>
    public bool IsDraining { get; set; }

    /// <summary>Resets that wait for room on a guest's link.</summary>
    public int LateResetCount => _lateResets.Count;

    /// <summary>Connections that somebody would miss: those in TIME-WAIT are over.</summary>
    public int CountOpen()
    {
        TcpFlow?[] flows = new TcpFlow?[_flows.Count];
        int count = _flows.CopyTo(flows);
        int open = 0;
        for (int i = 0; i < count; i++)
        {
            open += flows[i]!.State is TcpState.TimeWait or TcpState.Closed ? 0 : 1;
        }

        return open;
    }

    /// <summary>
    /// Ends all connections by RST, towards guests and the host's peers. A guest whose connect is
    /// not answered yet hears nothing, and asks again.
    /// </summary>
    public void ResetAll(Instant now)
    {
        TcpFlow?[] flows = new TcpFlow?[_flows.Count];
        int count = _flows.CopyTo(flows);
        for (int i = 0; i < count; i++)
        {
            TcpFlow flow = flows[i]!;
            flow.Abort(
                sendReset: flow.State is not (TcpState.TimeWait or TcpState.SynSent), now);
        }
    }
}
