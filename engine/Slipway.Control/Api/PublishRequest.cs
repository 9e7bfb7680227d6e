namespace Slipway.Control;

/// <summary>What is to be published.</summary>
public sealed class PublishRequest
{
    /// <summary>[HOSTIP:]HOSTPORT:[GUESTIP:]GUESTPORT[/tcp|udp].</summary>
    public required string Port { get; set; }
}
