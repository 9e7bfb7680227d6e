using System.Globalization;
using System.Net;

namespace Slipway.Control;

/// <summary>A port of the host that the engine has for a container.</summary>
/// <param name="Wanted">What it was made for.</param>
/// <param name="Report">What the engine has.</param>
internal sealed record ForwardedPort(WantedPort Wanted, PortReport Report)
{
    private readonly IPEndPoint _host = IPEndPoint.Parse(Report.Host);

    /// <summary>Where the host listens.</summary>
    public string HostIp => _host.Address.ToString();

    /// <summary>The host's real port.</summary>
    public string HostPort => _host.Port.ToString(CultureInfo.InvariantCulture);

    /// <summary>The host's real port.</summary>
    public int HostPortNumber => _host.Port;
}
