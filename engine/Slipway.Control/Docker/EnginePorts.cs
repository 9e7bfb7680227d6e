using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Slipway.Wire;

namespace Slipway.Control;

/// <summary>Ports of the host that a running engine has for containers.</summary>
/// <param name="control">The engine.</param>
/// <param name="defaultHostIp">Where the host listens when a user names no address.</param>
/// <param name="guestIp">The guest whose dockerd it is; null for the engine's first guest.</param>
/// <param name="endpoint">
/// Where that dockerd listens: ports for containers of another's are left alone.
/// </param>
internal sealed class EnginePorts(
    ControlClient control, IpAddress defaultHostIp, IpAddress? guestIp, string endpoint)
{
    private const int Conflict = 409;

    private const int DockerdBytes = 8;
    private const int ShortIdCharacters = 12;

    /// <summary>
    /// What this program writes to the engine as a port's owner: whose dockerd it is, and an id
    /// behind it. Short, since an owner has a bound and a path may be long.
    /// </summary>
    private const string OwnerPrefix = "docker:";

    private readonly string _ownPrefix = OwnerPrefix + Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(endpoint)).AsSpan(0, DockerdBytes)) + ":";

    /// <summary>dockerd is to bind in this family.</summary>
    public bool GuestIsIpv6 { get; } = guestIp is { IsIPv4: false };

    /// <exception cref="ControlException">The engine does not answer.</exception>
    public Task<IReadOnlyList<PortReport>> ListAsync(CancellationToken stop) =>
        control.ListPortsAsync(stop);

    /// <summary>
    /// Publishes a port, or takes the one that an earlier process has published for the same
    /// container.
    /// </summary>
    /// <param name="there">What the engine has.</param>
    /// <param name="wanted">Of a range the first that is free is taken.</param>
    /// <param name="container">Whose it is.</param>
    /// <param name="former">What a free one was before, to be tried first; or null.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <exception cref="ControlException">It is taken, or the engine does not answer.</exception>
    public async Task<ForwardedPort> OpenAsync(
        IReadOnlyList<PortReport> there, WantedPort wanted, string container, int? former,
        CancellationToken stop)
    {
        string hostIp = HostIp(wanted);
        if (there.FirstOrDefault(port => port.Owner == _ownPrefix + container
            && port.Protocol == wanted.Protocol && IsFor(port, wanted)) is PortReport own)
        {
            return new ForwardedPort(wanted, own);
        }

        if (former is int port && wanted.First != wanted.Last | wanted.First == 0
            && await TryPublishAsync(wanted, hostIp, port, container, stop).ConfigureAwait(false)
                is PortReport again)
        {
            return new ForwardedPort(wanted, again);
        }

        for (port = wanted.First; port < wanted.Last; port++)
        {
            if (await TryPublishAsync(wanted, hostIp, port, container, stop).ConfigureAwait(false)
                is PortReport one)
            {
                return new ForwardedPort(wanted, one);
            }
        }

        return new ForwardedPort(wanted, await PublishAsync(
            wanted, hostIp, wanted.Last, container, stop).ConfigureAwait(false));
    }

    /// <summary>Closes ports; those that are gone, with their engine too, are closed.</summary>
    public async Task CloseAsync(IEnumerable<ForwardedPort> forwards, CancellationToken stop)
    {
        try
        {
            // After a new start of the engine its numbers may be other ones'.
            IReadOnlyList<PortReport> there = await ListAsync(stop).ConfigureAwait(false);
            foreach (ForwardedPort forward in forwards.Where(one => there.Contains(one.Report)))
            {
                await control.UnpublishAsync(forward.Report.Id, false, stop).ConfigureAwait(false);
            }
        }
        catch (ControlException)
        {
            // The engine has ended, or somebody else closed the port. The next look at all
            // containers finds what is left.
            return;
        }
    }

    /// <summary>
    /// Closes what earlier processes have published for containers that are gone.
    /// </summary>
    /// <param name="isKept">Whether a port, of a container, is in use.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <exception cref="ControlException">The engine does not answer.</exception>
    public async Task RemoveOrphansAsync(
        Func<PortReport, string, bool> isKept, CancellationToken stop)
    {
        foreach (PortReport port in await ListAsync(stop).ConfigureAwait(false))
        {
            if (port.Owner is string owner
                && owner.StartsWith(_ownPrefix, StringComparison.Ordinal)
                && !isKept(port, owner[_ownPrefix.Length..]))
            {
                await control.UnpublishAsync(port.Id, false, stop).ConfigureAwait(false);
            }
        }
    }

    private bool IsFor(PortReport port, WantedPort wanted)
    {
        ForwardedPort forward = new(wanted, port);
        return IpAddress.TryParse(HostIp(wanted), out IpAddress address)
            && forward.HostIp == address.ToString()
            && port.Guest.EndsWith(
                string.Create(CultureInfo.InvariantCulture, $":{wanted.GuestPort}"),
                StringComparison.Ordinal)
            && (wanted.First == 0 || (forward.HostPortNumber >= wanted.First
                && forward.HostPortNumber <= wanted.Last));
    }

    private async Task<PortReport?> TryPublishAsync(
        WantedPort wanted, string hostIp, int port, string container, CancellationToken stop)
    {
        try
        {
            return await PublishAsync(wanted, hostIp, port, container, stop).ConfigureAwait(false);
        }
        catch (ControlException e) when (e.Status == Conflict)
        {
            return null;
        }
    }

    private async Task<PortReport> PublishAsync(
        WantedPort wanted, string hostIp, int port, string container, CancellationToken stop)
    {
        string guest = guestIp is IpAddress address ? $"{Bracket(address.ToString())}:" : "";
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{Bracket(hostIp)}:{port}:{guest}{wanted.GuestPort}/{wanted.Protocol}");
        try
        {
            return await control.PublishAsync(text, _ownPrefix + container, stop)
                .ConfigureAwait(false);
        }
        catch (ControlException e)
        {
            // What was asked of the engine is not what the user wrote.
            string reason = e.Message.Replace($"port {text}: ", "", StringComparison.Ordinal);
            string problem = e.Status != Conflict ? reason
                : $"port is already allocated ({await FindHolderAsync(port, wanted, stop)
                    .ConfigureAwait(false) ?? reason})";
            string ports = wanted.First == wanted.Last || port != wanted.Last ? $"{port}"
                : $"{wanted.First}-{wanted.Last}";
            throw new ControlException($"Bind for {Bracket(hostIp)}:{ports} failed: {problem}")
            {
                Status = e.Status,
            };
        }
    }

    // Another container's port is the engine's own: its process is not what a user looks for.
    private async Task<string?> FindHolderAsync(
        int port, WantedPort wanted, CancellationToken stop)
    {
        IReadOnlyList<PortReport> there = await ListAsync(stop).ConfigureAwait(false);
        string? owner = there.FirstOrDefault(
            one => one.Owner?.StartsWith(OwnerPrefix, StringComparison.Ordinal) is true
                && one.Protocol == wanted.Protocol
                && new ForwardedPort(wanted, one).HostPortNumber == port)?.Owner;
        if (owner is null)
        {
            return null;
        }

        string id = owner[(owner.LastIndexOf(':') + 1)..];
        return $"container {id[..Math.Min(ShortIdCharacters, id.Length)]} has it; stop that one "
            + "or publish another port";
    }

    private string HostIp(WantedPort wanted) =>
        wanted.HostIp.Length == 0 ? defaultHostIp.ToString() : wanted.HostIp;

    private static string Bracket(string address) =>
        address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address;
}
