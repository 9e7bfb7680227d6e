using System.ComponentModel;

namespace Slipway.Engine;

/// <summary>One of the configuration's "intercept".</summary>
internal sealed class InterceptDocument
{
    [Description("Where guests send to: a network such as 10.1.0.0/16, or one address.")]
    public required string Destination { get; set; }

    [Description("A port or a range, \"80\" or \"80-90\"; all ports when absent.")]
    public string? Ports { get; set; }

    [Description("What answers, at the host: tcp:HOST:PORT, udp:HOST:PORT or unix:PATH.")]
    public required string Target { get; set; }
}
