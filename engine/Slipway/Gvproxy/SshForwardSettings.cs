using Slipway.Engine;
using Slipway.Linux;

namespace Slipway;

/// <summary>A socket of the host that leads to a guest's, through its sshd.</summary>
/// <param name="Socket">The host's path.</param>
/// <param name="Destination">The guest's path.</param>
/// <param name="User">Of the guest.</param>
/// <param name="Identity">The key's file.</param>
internal sealed record SshForwardSettings(
    string Socket, string Destination, string User, string Identity)
{
    /// <summary>Whether a socket's file is at a path.</summary>
    public static bool IsSocket(string path) =>
        FileIdentity.OfPath(path, out FileIdentity found) == 0 && found.IsSocket;

    /// <exception cref="ConfigurationException">They do not belong together.</exception>
    public static IReadOnlyList<SshForwardSettings> Read(GvproxyFlags flags)
    {
        IReadOnlyList<string> sockets = flags.All("forward-sock");
        IReadOnlyList<string> destinations = flags.All("forward-dest");
        IReadOnlyList<string> users = flags.All("forward-user");
        IReadOnlyList<string> identities = flags.All("forward-identity");
        if (destinations.Count != sockets.Count || users.Count != sockets.Count
            || identities.Count != sockets.Count)
        {
            throw new ConfigurationException(
                "-forward-sock", null,
                "--forward-sock, --forward-dest, --forward-user, and --forward-identity must all "
                    + "be specified together, the same number of times, or not at all");
        }

        List<SshForwardSettings> forwards = [];
        for (int i = 0; i < sockets.Count; i++)
        {
            if (!File.Exists(identities[i]))
            {
                throw new ConfigurationException(
                    "-forward-identity", identities[i], "does not exist; name a key's file");
            }

            if (Path.Exists(sockets[i]) && !IsSocket(sockets[i]))
            {
                // ssh would remove it.
                throw new ConfigurationException(
                    "-forward-sock", sockets[i], "exists and is not a socket; choose another path");
            }

            forwards.Add(new SshForwardSettings(
                sockets[i], destinations[i], users[i], identities[i]));
        }

        return forwards;
    }
}
