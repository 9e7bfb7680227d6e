using System.Globalization;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// Where the host listens and which guest's port that leads to, in Docker's grammar:
/// [HOSTIP:]HOSTPORT[-LAST]:[GUEST:]GUESTPORT[-LAST][/tcp|udp][,OPTION...], or with a Unix stream
/// socket unix:PATH:[GUEST:]GUESTPORT, or an inherited socket fd:NAME:[GUEST:]GUESTPORT. GUEST is
/// an address (IPv6 in brackets) or the name of a lease.
/// </summary>
/// <param name="Host">
/// Where the host listens; port 0 takes a free one. Of a range the first.
/// </param>
/// <param name="Guest">
/// Where connections go; an unspecified address means the first guest, or the one of
/// <see cref="GuestName"/>. Of a range the first.
/// </param>
/// <param name="Protocol">TCP or UDP.</param>
public sealed record PublishSpecification(IpEndpoint Host, IpEndpoint Guest, IpProtocol Protocol)
{
    /// <summary>Ports of one range: each has a socket of its own.</summary>
    public const int MaxPorts = 1_024;

    /// <summary>Read and write for the owner.</summary>
    public const int DefaultMode = 0x180; // 0600

    /// <summary>The option or configuration key that it came from, for messages.</summary>
    public string Key { get; init; } = "--publish";

    /// <summary>What was written, for messages.</summary>
    public string? Text { get; init; }

    /// <summary>
    /// Whoever asked for it while the engine ran, in its own words, to find it again; or null.
    /// </summary>
    public string? Owner { get; init; }

    /// <summary>
    /// The number of the link of the guest that asked for it, which it leads to alone, and ends
    /// with; 0 where the host's user did.
    /// </summary>
    public int Link { get; init; }

    /// <summary>Ports that the host listens at, from 1 on; Host's is the first.</summary>
    public int HostPorts { get; init; } = 1;

    /// <summary>
    /// As many as <see cref="HostPorts"/>, one for each; or 1, and then of the host's ports the
    /// first that is free leads there.
    /// </summary>
    public int GuestPorts { get; init; } = 1;

    /// <summary>
    /// A lease's name, one label in lower case or with its domain; null for none.
    /// </summary>
    public string? GuestName { get; init; }

    /// <summary>The file of a Unix stream socket in place of a port; null for none.</summary>
    public string? Path { get; init; }

    /// <summary>A Unix socket's mode.</summary>
    public int Mode { get; init; } = DefaultMode;

    /// <summary>
    /// A socket that the process was started with, by its name or number (sd_listen_fds(3)); null
    /// for none.
    /// </summary>
    public string? Descriptor { get; init; }

    /// <summary>
    /// The guest sees a client's own address, where it reaches that by the gateway.
    /// </summary>
    public bool ShowsClient { get; init; }

    /// <summary>Each connection begins with a header of the PROXY protocol, version 2.</summary>
    public bool HasProxyHeader { get; init; }

    /// <summary>
    /// Whether `slipway helper` is asked where the kernel forbids it, and the host's processes are
    /// searched for who has a port that is taken; not for guests, who are not its users.
    /// </summary>
    public bool MayUseHelper { get; init; } = true;

    /// <summary>Only the first free port of the range is taken.</summary>
    internal bool TakesFirstFree => HostPorts > GuestPorts;

    /// <summary>Where the host listens, for people.</summary>
    internal string HostText => Path is not null ? $"unix:{Path}"
        : Descriptor is not null ? $"fd:{Descriptor}"
        : Host + Last(Host, HostPorts);

    /// <summary>All of it, defaults included.</summary>
    internal string Whole =>
        $"{HostText}:{GuestText(Guest.Address)}/{(Protocol == IpProtocol.Udp ? "udp" : "tcp")}"
        + (ShowsClient ? ",client-address=client" : "")
        + (HasProxyHeader ? ",proxy-protocol=v2" : "")
        + (Mode == DefaultMode ? "" : $",mode={Convert.ToString(Mode, 8).PadLeft(4, '0')}");

    /// <summary>Parses one publication.</summary>
    /// <exception cref="ConfigurationException">It is not in the grammar.</exception>
    public static PublishSpecification Parse(string key, string text) =>
        new PublishGrammar(key, text).Parse();

    public override string ToString() => Text ?? Whole;

    /// <summary>Where it leads, for people.</summary>
    /// <param name="first">The first guest's address.</param>
    internal string GuestText(IpAddress first)
    {
        string guest = GuestName is not null
            ? string.Create(CultureInfo.InvariantCulture, $"{GuestName}:{Guest.Port}")
            : (Guest.Address.IsUnspecified ? Guest with { Address = first } : Guest).ToString();
        return guest + Last(Guest, GuestPorts);
    }

    private static string Last(in IpEndpoint first, int count) => count == 1 ? ""
        : string.Create(CultureInfo.InvariantCulture, $"-{first.Port + count - 1}");
}
