using System.Globalization;
using Slipway.Wire;

namespace Slipway.Control;

/// <summary>A host's port that a container is to have.</summary>
/// <param name="Key">The container's port as the Docker API names it: "80/tcp".</param>
/// <param name="HostIp">Where the host is to listen; empty for the default address.</param>
/// <param name="First">The first port that will do; 0 for a free one.</param>
/// <param name="Last">The last one.</param>
/// <param name="GuestPort">What dockerd has bound in the guest for it.</param>
internal sealed record WantedPort(
    string Key, string HostIp, int First, int Last, int GuestPort)
{
    /// <summary>"tcp" or "udp".</summary>
    public string Protocol => Key[(Key.IndexOf('/', StringComparison.Ordinal) + 1)..];

    /// <summary>Reads a binding as Docker's clients write one.</summary>
    /// <exception cref="DockerRefusal">It is none, or one that cannot be had.</exception>
    public static WantedPort Parse(string key, string hostIp, string hostPort, int guestPort)
    {
        string[] ends = hostPort.Split('-');
        bool isRange = ends.Length is 1 or 2 & TryParse(ends[0], out int first)
            & TryParse(ends[^1], out int last) && first <= last && (first > 0 || last == 0);
        if (!isRange)
        {
            throw new DockerRefusal(
                $"invalid port specification: \"{hostPort}\" for {key}; write a port from 1 to "
                    + "65535, a range such as 8000-8010, or 0 for a free one", 400);
        }

        if (hostIp.Length > 0 && !IpAddress.TryParse(hostIp, out _))
        {
            throw new DockerRefusal(
                $"invalid host address: \"{hostIp}\" for {key}; write an IP address of the host",
                400);
        }

        WantedPort port = new(key, hostIp, first, last, guestPort);
        return port.Protocol is "tcp" or "udp" ? port : throw new DockerRefusal(
            $"{key} cannot be published through slipway, which carries tcp and udp; leave it out "
                + "of -p", 400);
    }

    private static bool TryParse(string text, out int port)
    {
        port = 0;
        return text.Length == 0 || (int.TryParse(
            text, NumberStyles.None, CultureInfo.InvariantCulture, out port)
            && port <= ushort.MaxValue);
    }
}
