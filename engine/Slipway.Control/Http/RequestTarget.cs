using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Slipway.Services;

namespace Slipway.Control;

/// <summary>Where a request goes, by its target and its Host (RFC 9112 section 3.2).</summary>
/// <param name="Host">A name or an address without brackets; empty for the proxy itself.</param>
/// <param name="Port">The port.</param>
/// <param name="PathAndQuery">As the guest wrote it.</param>
internal readonly record struct RequestTarget(string Host, int Port, string PathAndQuery)
{
    private const string Scheme = "http://";
    private const int HttpPort = 80;

    public Authority Authority => new(Host, Port);

    /// <summary>Reads the target; null when it is good.</summary>
    public static HttpRefusal? Read(
        HttpContext context, GuestFeature guest, out RequestTarget target)
    {
        target = new RequestTarget("", 0, "/");
        HttpRequest request = context.Request;
        string raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (request.Headers.ContainsKey("X-Content-Length")
            && request.Headers.TransferEncoding.Count > 0)
        {
            // What Kestrel makes of it; what comes behind would be another's request elsewhere.
            return new HttpRefusal(400, "Content-Length comes with Transfer-Encoding");
        }

        if (HttpMethods.IsConnect(request.Method))
        {
            return ReadConnect(request, raw, guest, out target);
        }

        return raw.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? ReadAbsolute(raw, out target)
            : !raw.StartsWith('/') && raw != "*"
                ? new HttpRefusal(501, "only http:// is served here; use CONNECT for the rest")
            : guest.IsTransparent ? ReadByHost(request, raw, guest, out target)
            : null;
    }

    // Kestrel has seen to it that Host is the same.
    private static HttpRefusal? ReadConnect(
        HttpRequest request, string raw, GuestFeature guest, out RequestTarget target)
    {
        target = default;
        if (guest.IsTransparent)
        {
            return new HttpRefusal(501, "CONNECT is for guests that speak to the proxy itself");
        }

        if (request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0)
        {
            return new HttpRefusal(400, "CONNECT has no content");
        }

        if (!Authority.TryParse(raw, out Authority authority) || authority.Port == 0)
        {
            return new HttpRefusal(400, "CONNECT needs a target of the form HOST:PORT");
        }

        target = new RequestTarget(authority.Host, authority.Port, "");
        return null;
    }

    private static HttpRefusal? ReadAbsolute(string raw, out RequestTarget target)
    {
        target = default;
        ReadOnlySpan<char> rest = raw.AsSpan(Scheme.Length);
        int end = rest.IndexOfAny('/', '?', '#');
        end = end < 0 ? rest.Length : end;
        if (rest[..end].Contains('@'))
        {
            return new HttpRefusal(400, "user and password do not belong into the target");
        }

        if (!Authority.TryParse(rest[..end], out Authority authority))
        {
            return new HttpRefusal(400, "the target's host cannot be read");
        }

        string path = rest[end..].ToString();
        target = new RequestTarget(
            authority.Host, authority.Port == 0 ? HttpPort : authority.Port,
            path.StartsWith('/') ? path : "/" + path);
        return null;
    }

    // The address is the guest's, the name is what the upstream needs.
    private static HttpRefusal? ReadByHost(
        HttpRequest request, string raw, GuestFeature guest, out RequestTarget target)
    {
        int port = guest.Connection.Destination.Port;
        string path = raw == "*" ? "" : raw;
        if (!request.Host.HasValue)
        {
            target = new RequestTarget(
                guest.Connection.Destination.Address.ToString(), port, path);
            return null;
        }

        bool isGood = Authority.TryParse(request.Host.Value, out Authority authority);
        target = new RequestTarget(authority.Host ?? "", port, path);
        return isGood ? null : new HttpRefusal(400, "Host cannot be read");
    }
}
