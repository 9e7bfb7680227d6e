using System.Net;

namespace Slipway.Services;

/// <summary>Where a name server is asked, and over what.</summary>
/// <param name="EndPoint">Its address and port.</param>
/// <param name="IsTls">Over TLS (RFC 7858), and then never without.</param>
/// <param name="TlsName">
/// The name that its certificate must have; null where it must have the address.
/// </param>
public sealed record NameServerEndpoint(
    IPEndPoint EndPoint, bool IsTls = false, string? TlsName = null)
{
    /// <summary>Port of DNS over TLS.</summary>
    public const ushort TlsPort = 853;

    /// <summary>Asked over UDP and TCP.</summary>
    public static implicit operator NameServerEndpoint(IPEndPoint endPoint) =>
        FromIPEndPoint(endPoint);

    public static NameServerEndpoint FromIPEndPoint(IPEndPoint endPoint) => new(endPoint);

    public override string ToString() =>
        (IsTls ? "tls://" : "") + EndPoint + (TlsName is null ? "" : "#" + TlsName);
}
