namespace Slipway.Control;

/// <summary>What is to be published.</summary>
public sealed class PublishRequest
{
    /// <summary>
    /// [HOSTIP:]HOSTPORT[-LAST]:[GUEST:]GUESTPORT[-LAST][/tcp|udp][,OPTION...], or
    /// unix:PATH:[GUEST:]GUESTPORT: as in the configuration's "publish".
    /// </summary>
    public required string Port { get; set; }
}
