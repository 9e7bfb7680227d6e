using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>A guest has not taken a connection; the message says why.</summary>
public sealed class GuestConnectException : IOException
{
    internal GuestConnectException(in IpEndpoint guest, HostError reason)
        : base(Explain(guest, reason)) => Reason = reason;

    /// <summary>
    /// Refused, HostUnreachable where no guest has the address, NetworkUnreachable where none can
    /// have it, TimedOut, NoResources, Reset when it has ended before there was an answer.
    /// </summary>
    public HostError Reason { get; }

    private static string Explain(in IpEndpoint guest, HostError reason) => reason switch
    {
        HostError.Refused => $"the guest refuses connections to {guest}: nothing listens there",
        HostError.HostUnreachable => $"no guest has the address {guest.Address}",
        HostError.NetworkUnreachable => $"{guest} is not a port of a guest's",
        HostError.TimedOut => $"the guest has not answered at {guest}",
        HostError.NoResources =>
            $"no connection to {guest} can be opened: a bound is reached (limits.tcpFlows, "
                + "limits.tcpHalfOpen, or the host's file descriptors)",
        _ => $"the connection to {guest} has ended before the guest answered",
    };
}
