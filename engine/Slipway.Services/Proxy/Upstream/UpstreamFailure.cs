using System.Net.Sockets;

namespace Slipway.Services;

/// <summary>Why one upstream, or the direct way, did not lead to the target.</summary>
internal sealed class UpstreamFailure(
    string reason, int httpStatus, SocketError? error = null, Exception? inner = null)
    : Exception(reason, inner)
{
    public int HttpStatus { get; } = httpStatus;

    public SocketError? Error { get; } = error;

    /// <summary>The upstream itself is at fault: others go before it for a while.</summary>
    public bool IsDead { get; init; }

    /// <summary>
    /// The upstream has decided about the target: it is not asked elsewhere, which would go around
    /// its policy.
    /// </summary>
    public bool IsFinal { get; init; }

    public static UpstreamFailure Of(SocketException error, bool isUpstream)
    {
        bool isLate = error.SocketErrorCode == SocketError.TimedOut;
        return new UpstreamFailure(
            Describe(error.SocketErrorCode), isLate ? 504 : 502, error.SocketErrorCode, error)
        {
            IsDead = isUpstream,
        };
    }

    /// <summary>The name leads to addresses alone that guests may not reach.</summary>
    public static UpstreamFailure Of(ProxyException refused, bool isUpstream) => new(
        refused.Message, isUpstream ? 502 : refused.HttpStatus, SocketError.AccessDenied, refused)
    {
        IsDead = isUpstream,
        IsFinal = !isUpstream,
    };

    public static string Describe(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.TimedOut => "no answer in time",
        SocketError.HostUnreachable => "host unreachable",
        SocketError.NetworkUnreachable => "network unreachable",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain =>
            "name not found",
        SocketError.ConnectionReset => "connection reset",
        SocketError.AccessDenied => "not permitted",
        _ => $"failed ({error})",
    };
}
