using System.Text.Json.Serialization;

namespace Slipway.Control;

/// <summary>What is to be published.</summary>
public sealed class PublishRequest
{
    /// <summary>
    /// [HOSTIP:]HOSTPORT[-LAST]:[GUEST:]GUESTPORT[-LAST][/tcp|udp][,OPTION...], or
    /// unix:PATH:[GUEST:]GUESTPORT: as in the configuration's "publish".
    /// </summary>
    public required string Port { get; set; }

    /// <summary>
    /// Any word by which a program finds its own again, up to 128 characters; not needed.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Owner { get; set; }
}
