namespace Slipway.Testing;

/// <summary>How a simulated guest's connection ended, as its program would see it.</summary>
public enum GuestTcpEnd
{
    /// <summary>It has not ended.</summary>
    None,

    /// <summary>Both FINs were sent and acknowledged.</summary>
    Finished,

    /// <summary>RST in answer to SYN.</summary>
    Refused,

    /// <summary>RST afterwards.</summary>
    Reset,

    /// <summary>An ICMP error in answer to SYN.</summary>
    Unreachable,

    /// <summary>No answer.</summary>
    TimedOut,

    /// <summary>The guest's own program reset it.</summary>
    Aborted,
}
