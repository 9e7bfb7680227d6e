using Microsoft.AspNetCore.Http;
using Slipway.Engine;
using Slipway.Wire;

namespace Slipway.Control;

/// <summary>
/// What a guest may do of what the host's user may: ports of the host's loopback that lead to the
/// guest's own address, and those alone.
/// </summary>
internal static class GvproxyGuestRules
{
    private const int MostForwards = 256;

    // A guest may come on any number of links.
    private const int MostForwardsOfAll = 1_024;
    private const string HostKey = "expose";
    private const string GuestKey = "expose by a guest";

    /// <summary>Whether it was published by this API.</summary>
    public static bool IsExposed(PublishedPort port) =>
        port.Specification.Key is HostKey or GuestKey;

    public static string KeyOf(GvproxyCaller caller) =>
        caller.Guest is null ? HostKey : GuestKey;

    /// <exception cref="GvproxyException">A guest may not do that.</exception>
    public static void CheckExpose(
        NetworkEngine engine, GvproxyCaller caller, string protocol, in IpEndpoint guest)
    {
        if (caller.Guest is not IpAddress own)
        {
            return;
        }

        if (protocol is "unix" or "npipe")
        {
            throw Refused("a guest may not have sockets in the host's folders; publish a port");
        }

        if (guest.Address != own)
        {
            throw Refused(
                $"a guest may publish ports of its own address alone, {own}; leave the remote's "
                    + "address out");
        }

        if (engine.PublishedPorts.Count(port => MayClose(caller, port)) >= MostForwards)
        {
            throw Refused($"a guest may have {MostForwards} ports published; unexpose some first");
        }

        if (engine.PublishedPorts.Count(IsOfGuests) >= MostForwardsOfAll)
        {
            throw Refused(
                $"all guests together may have {MostForwardsOfAll} ports published; unexpose some "
                    + "first");
        }
    }

    /// <summary>
    /// Where it is listened for what was asked: for a guest on the host's loopback alone, also
    /// when it has named no address.
    /// </summary>
    /// <exception cref="GvproxyException">A guest names another one.</exception>
    public static IReadOnlyList<IpEndpoint> Places(
        GvproxyCaller caller, IReadOnlyList<IpEndpoint> asked)
    {
        if (caller.Guest is null)
        {
            return asked;
        }

        IpEndpoint first = asked[0];
        if (first.Address.IsUnspecified)
        {
            return [new IpEndpoint(
                first.Address.IsIPv4 ? IpAddress.IPv4Loopback : IpAddress.IPv6Loopback,
                first.Port)];
        }

        return first.Address == IpAddress.IPv4Loopback || first.Address == IpAddress.IPv6Loopback
            ? [first]
            : throw Refused(
                $"a guest may publish on the host's loopback alone, not on {first.Address}; "
                    + "`slipway publish` on the host takes other addresses");
    }

    /// <summary>Whether a forward leads to the caller.</summary>
    public static bool MaySee(GvproxyCaller caller, PublishedPort port) =>
        caller.Guest is not IpAddress own || MayClose(caller, port)
        || (!IsOfGuests(port) && port.Guest.Address == own);

    /// <summary>A guest has published it, and not the user.</summary>
    private static bool IsOfGuests(PublishedPort port) => port.Specification.Key == GuestKey;

    /// <summary>
    /// A guest closes what it has opened, and nothing that the user has. It is known by its link:
    /// an address may have been another's before.
    /// </summary>
    public static bool MayClose(GvproxyCaller caller, PublishedPort port) =>
        caller.Guest is null
        || (IsOfGuests(port) && port.Specification.Link == caller.Link);

    private static GvproxyException Refused(string why) =>
        new(StatusCodes.Status403Forbidden, why);
}
