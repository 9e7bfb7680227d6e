namespace Slipway.Stack;

/// <summary>
/// What became ready at a descriptor; edge-triggered for host sockets, so the owner works until
/// WouldBlock.
/// </summary>
[Flags]
public enum Readiness : byte
{
    None = 0,
    Readable = 1,
    Writable = 2,

    /// <summary>The peer's FIN has arrived (EPOLLRDHUP).</summary>
    PeerClosed = 4,

    /// <summary>An error or a report waits (EPOLLERR, EPOLLHUP).</summary>
    Error = 8,

    /// <summary>
    /// Urgent bytes are in the stream (EPOLLPRI): reads end at them, though there is more.
    /// </summary>
    Urgent = 16,
}
