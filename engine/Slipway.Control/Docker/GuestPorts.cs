using System.Text.Json.Nodes;

namespace Slipway.Control;

/// <summary>
/// Chooses the ports that dockerd binds in the guest. The host's own number is taken where it is
/// free; ports below 1024 are not, which the guest's services have and a dockerd without root may
/// not bind.
/// </summary>
internal sealed class GuestPorts(DockerEngineClient docker)
{
    private const int FirstUnprivileged = 1_024;

    // Below those that Linux gives to outgoing connections, and dockerd to `-P` (32768 to 60999).
    private const int FirstOwn = 20_000;
    private const int LastOwn = 32_767;

    private readonly Lock _lock = new();
    private readonly HashSet<(string Protocol, int Port)> _reserved = [];

    /// <summary>
    /// Ports that no container has and no other request is about to give to one. They are reserved
    /// until the result is disposed: by then dockerd lists the container.
    /// </summary>
    /// <exception cref="HttpRequestException">The guest's Docker engine does not
    /// answer.</exception>
    public async Task<Reservation> ReserveAsync(CancellationToken stop)
    {
        HashSet<(string, int)> taken = [];
        foreach (JsonNode? container in await docker.ListAsync(takesAll: true, stop)
            .ConfigureAwait(false))
        {
            taken.UnionWith(
                PortLabel.Parse(container?["Labels"]?[PortLabel.Name])?.GuestPorts ?? []);
            taken.UnionWith((container?["Ports"] as JsonArray ?? [])
                .Where(port => port?["PublicPort"] is not null)
                .Select(port => (
                    PortLabel.Text(port, "Type"), port!["PublicPort"]!.GetValue<int>())));
        }

        return new Reservation(this, taken);
    }

    /// <summary>The ports for one container.</summary>
    public sealed class Reservation : IDisposable
    {
        private readonly GuestPorts _ports;
        private readonly HashSet<(string Protocol, int Port)> _taken;
        private readonly List<(string Protocol, int Port)> _chosen = [];

        internal Reservation(GuestPorts ports, HashSet<(string, int)> taken)
        {
            _ports = ports;
            _taken = taken;
        }

        /// <summary>A port, which is the preferred one if that may be.</summary>
        /// <exception cref="DockerRefusal">None is left.</exception>
        public int Choose(string protocol, int preferred)
        {
            if (preferred >= FirstUnprivileged && TryTake(protocol, preferred))
            {
                return preferred;
            }

            for (int port = FirstOwn; port <= LastOwn; port++)
            {
                if (TryTake(protocol, port))
                {
                    return port;
                }
            }

            throw new DockerRefusal(
                $"the guest has no free port from {FirstOwn} to {LastOwn}; remove containers that "
                    + "are not needed");
        }

        public void Dispose()
        {
            lock (_ports._lock)
            {
                _ports._reserved.ExceptWith(_chosen);
            }
        }

        private bool TryTake(string protocol, int port)
        {
            lock (_ports._lock)
            {
                if (_taken.Contains((protocol, port)) || !_ports._reserved.Add((protocol, port)))
                {
                    return false;
                }
            }

            _chosen.Add((protocol, port));
            return true;
        }
    }
}
