using System.Globalization;
using Slipway.Linux;
using Slipway.Services;

namespace Slipway;

/// <summary>
/// The seccomp filters: lists of calls, which are made by hand and completed by running tests under
/// strace(1) (generate.sh), and the few rules that look at arguments.
/// </summary>
internal static class SystemCallFilter
{
    /// <summary>The list of the engine's own process.</summary>
    public const string Engine = "engine";

    private const uint CLONE_VM = 0x100;
    private const uint CLONE_THREAD = 0x1_0000;
    private const uint PROT_WRITE_EXEC = 6;

    // AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_VSOCK.
    private static readonly uint[] s_families = [1, 2, 10, 16, 40];

    // PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_CAPBSET_READ, PR_SET_VMA.
    private static readonly uint[] s_processOptions = [3, 15, 16, 23, 0x5356_4d41];

    // TCGETS, TIOCOUTQ (SIOCOUTQ), FIONREAD, FIONBIO, TIOCGWINSZ; SIOCGIFCONF and what else asks of
    // interfaces; TUNGETIFF, TUNSETOFFLOAD, TUNSETVNETHDRSZ.
    private static readonly uint[] s_controls =
    [
        0x5401, 0x5411, 0x541b, 0x5421, 0x5413, 0x8910, 0x8912, 0x8913, 0x8915, 0x891b, 0x8921,
        0x8927, 0x8933, 0x8970, 0x8946, 0x8942, 0x8b01, 0x800454d2, 0x400454d0, 0x400454d8,
    ];

    /// <summary>What the engine's filter does, in a few words.</summary>
    public static string Describe(bool startsPrograms)
    {
        int killed = Read("killed").Count();
        return startsPrograms
            ? string.Create(
                CultureInfo.InvariantCulture, $"{killed} refused, since programs may be started")
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{Read(Engine).Count()} allowed, {killed} end the process");
    }

    /// <summary>Binds all threads of this process, for good. 0 or an errno.</summary>
    /// <param name="list">The list's name.</param>
    /// <param name="startsPrograms">
    /// Whether it has to start others, which are bound by it too: then only what is dangerous is
    /// refused, and the rest is theirs.
    /// </param>
    public static int Install(string list, bool startsPrograms)
    {
        if (!SeccompFilter.IsSupported)
        {
            return Errno.ENOSYS;
        }

        SeccompFilter filter = new();
        if (startsPrograms)
        {
            foreach ((string name, int number) in Read("killed"))
            {
                if (name is not ("execve" or "execveat" or "fork" or "vfork"))
                {
                    filter.Add(number, SeccompVerdict.Refuse, Errno.EPERM);
                }
            }

            return filter.Install(SeccompVerdict.Allow, 0);
        }

        foreach ((string name, int number) in Read(list))
        {
            Allow(filter, name, number);
        }

        // Behind what is allowed, since nothing that is used waits for them to be asked.
        foreach ((_, int number) in Read("killed"))
        {
            filter.Add(number, SeccompVerdict.Kill);
        }

        return filter.Install(SeccompVerdict.Refuse, Errno.ENOSYS);
    }

    /// <summary>
    /// The same for a process beside the engine. Modules of nsswitch.conf are others' libraries:
    /// there what is dangerous is refused, and costs an answer, not the process.
    /// </summary>
    public static int InstallOf(ResolverRole role)
    {
        if (!SeccompFilter.IsSupported)
        {
            return Errno.ENOSYS;
        }

        SeccompFilter filter = new();
        foreach ((string name, int number) in Read(role.ToString().ToLowerInvariant()))
        {
            Allow(filter, name, number);
        }

        bool isNames = role == ResolverRole.Names;
        foreach ((_, int number) in Read("killed"))
        {
            filter.Add(
                number, isNames ? SeccompVerdict.Refuse : SeccompVerdict.Kill,
                isNames ? Errno.EPERM : 0);
        }

        // Files that cannot be opened are none, to a library; other calls are unknown ones.
        if (!isNames)
        {
            foreach ((_, int number) in Read("opening"))
            {
                filter.Add(number, SeccompVerdict.Refuse, Errno.EACCES);
            }
        }

        return filter.Install(SeccompVerdict.Refuse, Errno.ENOSYS);
    }

    private static void Allow(SeccompFilter filter, string name, int number)
    {
        switch (name)
        {
            case "clone": // threads, not processes
                filter.AllowIf(
                    number, 0, CLONE_VM | CLONE_THREAD, [CLONE_VM | CLONE_THREAD], Errno.EPERM);
                break;
            case "clone3": // its flags are in memory: the C library then takes clone
                filter.Add(number, SeccompVerdict.Refuse, Errno.ENOSYS);
                break;
            case "socket" or "socketpair":
                filter.AllowIf(number, 0, uint.MaxValue, s_families, Errno.EPERM);
                break;
            case "prctl":
                filter.AllowIf(number, 0, uint.MaxValue, s_processOptions, Errno.EPERM);
                break;
            case "ioctl":
                filter.AllowIf(number, 1, uint.MaxValue, s_controls, Errno.EPERM);
                break;
            case "mmap" or "mprotect": // never both writable and executable
                filter.AllowIf(number, 2, PROT_WRITE_EXEC, [0, 2, 4], Errno.EPERM);
                break;
            default:
                filter.Add(number, SeccompVerdict.Allow);
                break;
        }
    }

    // NAME X86-64 ARM64, "-" where there is no such call; '#' begins a remark.
    private static IEnumerable<(string Name, int Number)> Read(string list)
    {
        using Stream text = typeof(SystemCallFilter).Assembly.GetManifestResourceStream(
            $"Slipway.Sandbox.{list}.syscalls")!;
        using StreamReader reader = new(text);
        int column = SeccompFilter.IsArm64 ? 2 : 1;
        while (reader.ReadLine() is string line)
        {
            string[] words = line.Split('#')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > column && int.TryParse(
                words[column], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                yield return (words[0], number);
            }
        }
    }
}
