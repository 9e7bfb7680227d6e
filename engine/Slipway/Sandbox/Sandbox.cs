using System.ComponentModel;
using Slipway.Linux;

namespace Slipway;

/// <summary>
/// Applies a profile to the calling thread. The kernel binds a thread and what it starts, no other
/// thread: it is for who then becomes another program, or starts one.
/// </summary>
internal static class Sandbox
{
    /// <summary>Secrets below folders that are read, which only root could read.</summary>
    private static readonly string[] s_hidden =
    [
        "/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/ssh",
        "/etc/ssl/private", "/etc/security/opasswd", "/etc/sudoers", "/etc/sudoers.d",
    ];

    /// <summary>Enters the sandbox, for good.</summary>
    /// <returns>What this host does not allow, a sentence each; empty where it allows
    /// all.</returns>
    public static List<string> Apply(SandboxProfile profile)
    {
        List<string> lacks = [];
        _ = ProcessConfinement.ForbidCores();
        EnterNamespaces(lacks);
        Note(lacks, "no_new_privs", ProcessConfinement.GiveUpNewPrivileges());
        Note(lacks, "capabilities", Capabilities.Drop(profile.KeptCapabilities));
        CloseFiles(profile, lacks);
        return lacks;
    }

    // Only for root: who is not would need a user namespace, which a process of several threads
    // cannot enter, and Landlock and the filter of calls keep it from the same things.
    private static void EnterNamespaces(List<string> lacks)
    {
        if (!UserNamespaces.IsPrivileged)
        {
            return;
        }

        int errno = Namespaces.Leave();
        Note(lacks, "own mounts, IPC and host name", errno);
        if (errno == 0)
        {
            Note(lacks, "own mounts", Mounts.FollowOnly("/"));
            foreach (string path in s_hidden)
            {
                _ = Directory.Exists(path) ? Mounts.Memory(path)
                    : File.Exists(path) ? Mounts.Bind("/dev/null", path) : 0;
            }
        }
    }

    private static void CloseFiles(SandboxProfile profile, List<string> lacks)
    {
        using Landlock? rules = Landlock.Create(
            profile.ScopesSignals, profile.ScopesAbstractSockets, profile.BindsTcp,
            out int errno);
        if (rules is null)
        {
            lacks.Add($"files: no Landlock in this kernel ({Text(errno)})");
            return;
        }

        foreach (SandboxPath path in profile.Paths)
        {
            _ = rules.Allow(path.Path, path.Access);
        }

        Note(lacks, "files (Landlock)", rules.Restrict());
    }

    private static void Note(List<string> lacks, string what, int errno)
    {
        if (errno != 0)
        {
            lacks.Add($"{what}: {Text(errno)}");
        }
    }

    private static string Text(int errno) => new Win32Exception(errno).Message;
}
