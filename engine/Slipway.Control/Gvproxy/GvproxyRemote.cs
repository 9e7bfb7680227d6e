using Microsoft.AspNetCore.Http;
using Slipway.Wire;

namespace Slipway.Control;

/// <summary>Where a forward leads, as gvproxy's API says it.</summary>
internal static class GvproxyRemote
{
    private const int Wrong = StatusCodes.Status400BadRequest;
    private const int Failed = StatusCodes.Status500InternalServerError;
    private const string Tcp = "tcp";
    private const string SshTunnel = "ssh-tunnel";

    /// <summary>"ADDRESS:PORT", or ":PORT" of the guest that asks.</summary>
    /// <exception cref="GvproxyException">It is no such thing.</exception>
    public static IpEndpoint Parse(string remote, GvproxyCaller caller)
    {
        (string address, string port) = GvproxyEndpoint.Split(remote, Wrong);
        if (address.Length == 0 && caller.Guest is null)
        {
            // What a client on a Unix socket is called: it has no address to lead to.
            throw new GvproxyException(Wrong, "address @: missing port in address");
        }

        return new IpEndpoint(
            address.Length == 0 ? caller.Guest!.Value
                : GvproxyEndpoint.ParseAddress(address, remote, Wrong),
            GvproxyEndpoint.ParsePort(port, Wrong));
    }

    /// <summary>"tcp://ADDRESS:PORT", where a Unix socket of the host leads.</summary>
    /// <exception cref="GvproxyException">It is no such thing, or an ssh tunnel.</exception>
    public static IpEndpoint ParseForSocket(string remote)
    {
        if (!Uri.TryCreate(remote, UriKind.Absolute, out Uri? uri))
        {
            throw new GvproxyException(Failed, $"parse \"{remote}\": it is no URL");
        }

        if (uri.Scheme == Tcp)
        {
            (string address, string port) = GvproxyEndpoint.Split(uri.Authority, Failed);
            return new IpEndpoint(
                GvproxyEndpoint.ParseAddress(address, remote, Failed),
                GvproxyEndpoint.ParsePort(port, Failed));
        }

        throw new GvproxyException(Failed, uri.Scheme != SshTunnel
            ? $"remote protocol for unix forwarder is not implemented: {uri.Scheme}"
            : uri.AbsolutePath is "" or "/" ? "remote uri must contain a path to a socket file"
            : !uri.Query.Contains("key=", StringComparison.Ordinal)
                ? "key not provided for unix-ssh connection"
            : "sockets of a guest are reached by -forward-sock at the start, not while it runs");
    }
}
