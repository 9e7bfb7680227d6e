using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Host;

/// <summary>What an errno means to a guest.</summary>
internal static class HostErrors
{
    /// <summary>
    /// Maps a result of a call: zero or more is no error, else it is a negated errno.
    /// </summary>
    public static HostError From(int result) => result >= 0 ? HostError.None : -result switch
    {
        Errno.EAGAIN or Errno.EINTR => HostError.WouldBlock,
        Errno.EINPROGRESS => HostError.InProgress,
        Errno.ECONNREFUSED => HostError.Refused,
        Errno.ECONNRESET or Errno.EPIPE or Errno.ENOTCONN => HostError.Reset,
        Errno.ETIMEDOUT => HostError.TimedOut,
        Errno.EHOSTUNREACH or Errno.EHOSTDOWN => HostError.HostUnreachable,
        Errno.ENETUNREACH or Errno.ENETDOWN or Errno.EADDRNOTAVAIL or Errno.EINVAL =>
            HostError.NetworkUnreachable, // EINVAL: no route for the family or the scope
        Errno.EACCES or Errno.EPERM => HostError.Prohibited,
        Errno.EMSGSIZE => HostError.MessageTooLong,
        Errno.EMFILE or Errno.ENFILE or Errno.ENOBUFS or Errno.ENOMEM => HostError.NoResources,
        Errno.EADDRINUSE => HostError.AddressInUse,
        _ => HostError.Other,
    };
}
