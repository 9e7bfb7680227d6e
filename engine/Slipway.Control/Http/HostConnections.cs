using System.Net;

namespace Slipway.Control;

/// <summary>Plain requests to the host itself, whatever upstream is set.</summary>
internal static class HostConnections
{
    private static readonly TimeSpan s_idleTime = TimeSpan.FromSeconds(60);
    private const int MaximumHeadKilobytes = 64;

    /// <summary>Sends requests to addresses, as they are.</summary>
    public static SocketsHttpHandler Make(TimeSpan connectTime) => new()
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = connectTime,
        PooledConnectionIdleTimeout = s_idleTime,
        MaxResponseHeadersLength = MaximumHeadKilobytes,
    };
}
