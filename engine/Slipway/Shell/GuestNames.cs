using System.ComponentModel;
using System.Text;
using Slipway.Linux;
using Slipway.Wire;

namespace Slipway;

/// <summary>
/// Points the guest's name resolution at the gateway, in the guest's own mount namespace: the host
/// sees nothing of it.
/// </summary>
internal static class GuestNames
{
    private const string ResolvConf = "/etc/resolv.conf";

    /// <summary>
    /// A file system in memory is laid over this folder for a moment, in the guest's mount
    /// namespace alone, and what is mounted elsewhere from it stays. A file that is deleted after
    /// it was mounted would not do: a shell in the shell could mount nothing over it.
    /// </summary>
    private static readonly string Stage = Directory.Exists("/mnt") ? "/mnt" : "/tmp";

    /// <summary>
    /// Sockets by which libc would ask a resolver of the host past the network: nss-resolve and
    /// nscd. Hidden, they count as not running, and libc goes on to DNS.
    /// </summary>
    private static readonly string[] HostResolvers =
        ["/run/systemd/resolve/io.systemd.Resolve", "/run/nscd/socket", "/var/run/nscd/socket"];

    /// <summary>Writes resolv.conf for a gateway and mounts it over the host's.</summary>
    /// <exception cref="HostRefusal">A mount failed.</exception>
    public static void PointTo(IpAddress gateway, string search)
    {
        byte[] text = Encoding.UTF8.GetBytes($"nameserver {gateway}\nsearch {search}\n");
        string target = ResolveLinks(ResolvConf);
        if (File.Exists(target))
        {
            MountOver(target, text);
        }
        else
        {
            // Missing, or a link to nowhere: there is nothing to mount over, and the host's /etc is
            // not to be written to.
            CopyEtcUp(text);
        }

        foreach (string socket in HostResolvers)
        {
            if (File.Exists(socket))
            {
                _ = Mounts.Bind("/dev/null", socket);
            }
        }
    }

    /// <summary>The file at the end of a chain of links, also when it does not exist.</summary>
    private static string ResolveLinks(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        }
        catch (IOException)
        {
            return path;
        }
    }

    private static void MountOver(string target, byte[] text)
    {
        Check(Mounts.Memory(Stage), Stage);
        Check(Mounts.Bind(Write(text), target), target);
        Check(Mounts.Remove(Stage), Stage);
    }

    /// <summary>
    /// Mounts a folder in memory over /etc that links to everything in the host's and has a
    /// resolv.conf of its own.
    /// </summary>
    private static void CopyEtcUp(byte[] text)
    {
        const string Etc = "/etc";
        string hidden = Path.Combine(Etc, ".host");
        Check(Mounts.Memory(Stage), Stage);
        string below = Path.Combine(Stage, ".host");
        Directory.CreateDirectory(below);
        Check(Mounts.Bind(Etc, below), below);
        foreach (string entry in Directory.GetFileSystemEntries(Etc))
        {
            // A link is copied as it is: a relative one means something else from another folder.
            string name = Path.GetFileName(entry);
            if (entry != ResolvConf)
            {
                string aim = new FileInfo(entry).LinkTarget ?? Path.Combine(hidden, name);
                File.CreateSymbolicLink(Path.Combine(Stage, name), aim);
            }
        }

        _ = Write(text);
        Check(Mounts.Bind(Stage, Etc), Etc);
        Check(Mounts.Remove(Stage), Stage);
    }

    /// <summary>Writes resolv.conf onto the stage, for every user to read.</summary>
    private static string Write(byte[] text)
    {
        string path = Path.Combine(Stage, Path.GetFileName(ResolvConf));
        File.WriteAllBytes(path, text);
        File.SetUnixFileMode(
            path, UnixFileMode.UserRead | UnixFileMode.UserWrite
                | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        return path;
    }

    private static void Check(int errno, string target)
    {
        if (errno != 0)
        {
            throw new HostRefusal(
                $"{target}: cannot be mounted over ({new Win32Exception(errno).Message})");
        }
    }
}
