namespace Slipway.Stack;

/// <summary>What the host's kernel said, as far as a guest can be told of it.</summary>
public enum HostError : byte
{
    None = 0,

    /// <summary>EAGAIN: nothing to read, or no room to write.</summary>
    WouldBlock,

    /// <summary>EINPROGRESS: a connect that has not ended.</summary>
    InProgress,

    /// <summary>The peer has shut down its sending side and all is read.</summary>
    EndOfStream,

    /// <summary>ECONNREFUSED.</summary>
    Refused,

    /// <summary>ECONNRESET, EPIPE.</summary>
    Reset,

    /// <summary>ETIMEDOUT.</summary>
    TimedOut,

    /// <summary>EHOSTUNREACH, EHOSTDOWN.</summary>
    HostUnreachable,

    /// <summary>ENETUNREACH, ENETDOWN, EADDRNOTAVAIL.</summary>
    NetworkUnreachable,

    /// <summary>EACCES, EPERM: the host's policy forbids it.</summary>
    Prohibited,

    /// <summary>EMSGSIZE: larger than the path, and it may not be fragmented.</summary>
    MessageTooLong,

    /// <summary>EMFILE, ENFILE, ENOBUFS, ENOMEM: the host has no resources for it now.</summary>
    NoResources,

    /// <summary>EADDRINUSE.</summary>
    AddressInUse,

    /// <summary>Any other errno; the implementation logs which.</summary>
    Other,
}
