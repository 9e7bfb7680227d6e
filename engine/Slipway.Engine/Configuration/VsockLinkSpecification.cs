using System.Globalization;

namespace Slipway.Engine;

/// <summary>
/// A port of AF_VSOCK to listen on, for guests of this host that speak as gvproxy's do: POST
/// /connect, then a u16 little-endian length before each frame.
/// </summary>
/// <param name="Port">The port; gvforwarder's is 1024.</param>
public sealed record VsockLinkSpecification(uint Port) : LinkSpecification
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"vsock:{Port}");

    internal static VsockLinkSpecification ParseVsock(string key, string text, string port) =>
        uint.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out uint number)
            && number is not (0 or uint.MaxValue)
            ? new VsockLinkSpecification(number)
            : throw new ConfigurationException(
                key, text, $"'{port}' is not a port of AF_VSOCK; write for example vsock:1024");
}
