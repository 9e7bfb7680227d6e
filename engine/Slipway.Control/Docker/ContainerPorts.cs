using System.Globalization;
using System.Text.Json.Nodes;

namespace Slipway.Control;

/// <summary>What the host has for one container; used in turns.</summary>
internal sealed class ContainerPorts(string id) : IDisposable
{
    public string Id { get; } = id;

    /// <summary>Who has it may change what there is.</summary>
    public SemaphoreSlim Turn { get; } = new(1);

    /// <summary>Who has the turn or waits for it; under the keeper's lock.</summary>
    public int Users { get; set; }

    /// <summary>Replaced as a whole: it is read by those who show it.</summary>
    public IReadOnlyList<ForwardedPort> Forwards { get; private set; } = [];

    /// <summary>Why it has not all that it is to have.</summary>
    public string? Problem { get; set; }

    /// <summary>Runs, or is about to again by its own restart policy.</summary>
    public static bool IsRunning(JsonNode container) =>
        container["State"] is JsonNode state
        && (state["Running"]?.GetValue<bool>() is true
            || state["Restarting"]?.GetValue<bool>() is true);

    /// <summary>
    /// Binds what is missing and gives back what is wanted no more. What there is of it stays when
    /// some of it cannot be had.
    /// </summary>
    /// <exception cref="ControlException">A port is taken, or the engine does not
    /// answer.</exception>
    public async Task BindAsync(JsonNode container, EnginePorts ports, CancellationToken stop)
    {
        List<WantedPort> wanted = Want(container, ports.GuestIsIpv6);
        if (wanted.Count == 0 && Forwards.Count == 0)
        {
            Problem = null;
            return;
        }

        IReadOnlyList<PortReport> there = await ports.ListAsync(stop).ConfigureAwait(false);
        List<ForwardedPort> kept = [.. Forwards.Where(forward =>
            there.Contains(forward.Report) && wanted.Remove(forward.Wanted))];
        await ports.CloseAsync(Forwards.Except(kept), stop).ConfigureAwait(false);

        try
        {
            // What asks for one port goes before what takes any of several.
            foreach (WantedPort one in wanted.OrderBy(
                port => port.First == 0 ? ushort.MaxValue : port.Last - port.First))
            {
                IReadOnlyList<PortReport> left =
                    [.. there.Except(kept.Select(forward => forward.Report))];
                kept.Add(await ports.OpenAsync(left, one, Id, Former(one), stop)
                    .ConfigureAwait(false));
            }

            Problem = null;
        }
        finally
        {
            Forwards = kept;
        }
    }

    /// <summary>Gives all of it back.</summary>
    public async Task ReleaseAsync(EnginePorts ports, CancellationToken stop)
    {
        IReadOnlyList<ForwardedPort> forwards = Forwards;
        Forwards = [];
        Problem = null;
        if (forwards.Count > 0)
        {
            await ports.CloseAsync(forwards, stop).ConfigureAwait(false);
        }
    }

    public void Dispose() => Turn.Dispose();

    // After the engine was started anew a free port is to be the one it was before.
    private int? Former(WantedPort wanted) =>
        Forwards.FirstOrDefault(forward => forward.Wanted == wanted)?.HostPortNumber;

    private static List<WantedPort> Want(JsonNode container, bool guestIsIpv6)
    {
        if (PortLabel.Find(container) is not PortLabel label)
        {
            return [];
        }

        List<WantedPort> wanted = [.. label.Wanted.Distinct()];
        if (label.TakesAll && container["NetworkSettings"]?["Ports"] is JsonObject ports)
        {
            wanted.AddRange(ports
                .Where(port => !label.Has(port.Key) && IsCarried(port.Key))
                .Select(port => (port.Key, GuestPort: Chosen(port.Value, guestIsIpv6)))
                .Where(port => port.GuestPort > 0)
                .Select(port => new WantedPort(port.Key, "", 0, 0, port.GuestPort)));
        }

        return wanted;
    }

    private static bool IsCarried(string key) =>
        key.EndsWith("/tcp", StringComparison.Ordinal)
        || key.EndsWith("/udp", StringComparison.Ordinal);

    // Of both families dockerd may choose different ports.
    private static int Chosen(JsonNode? bindings, bool guestIsIpv6) =>
        bindings is JsonArray array && array.FirstOrDefault(binding =>
            PortLabel.Text(binding, "HostIp").Contains(':', StringComparison.Ordinal)
                == guestIsIpv6) is JsonNode one
            && int.TryParse(
                PortLabel.Text(one, "HostPort"), NumberStyles.None, CultureInfo.InvariantCulture,
                out int port) ? port : 0;
}
