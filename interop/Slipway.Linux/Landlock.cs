using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// landlock(7): rules of which files the calling thread, and what it starts, may touch. What is
/// open already stays so. Other threads are not bound, whatever of it they are told.
/// </summary>
public sealed unsafe partial class Landlock : IDisposable
{
    // The same on all architectures.
    private const nint CreateRuleset = 444;
    private const nint AddRule = 445;
    private const nint RestrictSelf = 446;
    private const nuint CREATE_RULESET_VERSION = 1;
    private const nint RULE_PATH_BENEATH = 1;
    private const int O_PATH = 0x200000;
    private const ulong ACCESS_NET_BIND_TCP = 1;
    private const ulong SCOPE_ABSTRACT_UNIX_SOCKET = 1;
    private const ulong SCOPE_SIGNAL = 2;

    private readonly int _ruleset;
    private readonly LandlockAccess _handled;

    private Landlock(int ruleset, LandlockAccess handled)
    {
        _ruleset = ruleset;
        _handled = handled;
    }

    /// <summary>
    /// The version of the kernel's rules: 1 is Linux 5.13, 6 has the scopes; 0 where there is none.
    /// </summary>
    public static int Version
    {
        get
        {
            nint version = syscall(CreateRuleset, 0, 0, CREATE_RULESET_VERSION, 0);
            return version > 0 ? (int)version : 0;
        }
    }

    /// <summary>Rules that forbid everything that this kernel can forbid.</summary>
    /// <param name="scopesSignals">Also signals to processes that are not bound by them.</param>
    /// <param name="scopesAbstractSockets">Also connecting to abstract Unix sockets of such.
    /// </param>
    /// <param name="bindsTcp">False forbids to bind TCP ports, too (Linux 6.7).</param>
    /// <param name="errno">0, or why there are none.</param>
    public static Landlock? Create(
        bool scopesSignals, bool scopesAbstractSockets, bool bindsTcp, out int errno)
    {
        int version = Version;
        ulong scoped = version < 6 ? 0
            : (scopesSignals ? SCOPE_SIGNAL : 0)
                | (scopesAbstractSockets ? SCOPE_ABSTRACT_UNIX_SOCKET : 0);
        Ruleset ruleset = new()
        {
            Files = (ulong)HandledIn(version),
            Network = bindsTcp || version < 4 ? 0 : ACCESS_NET_BIND_TCP,
            Scoped = scoped,
        };

        // The kernel takes shorter structures of before, and longer ones if the rest is zero.
        nint descriptor = version == 0 ? -1
            : syscall(CreateRuleset, (nint)(&ruleset), (nuint)sizeof(Ruleset), 0, 0);
        errno = descriptor >= 0 ? 0 : version == 0 ? Errno.ENOSYS : Marshal.GetLastPInvokeError();
        return descriptor < 0 ? null
            : new Landlock((int)descriptor, (LandlockAccess)ruleset.Files);
    }

    /// <summary>Allows something of a file, or of everything below a folder.</summary>
    /// <returns>0 or an errno: ENOENT where there is nothing at the path.</returns>
    public int Allow(string path, LandlockAccess access)
    {
        int descriptor = Files.Open(path, O_PATH | Files.CloseOnExec);
        if (descriptor < 0)
        {
            return -descriptor;
        }

        access &= Directory.Exists(path) ? _handled : _handled & LandlockAccess.OfFiles;
        PathBeneath rule = new() { Access = (ulong)access, Descriptor = descriptor };
        nint result = access == LandlockAccess.None ? 0
            : syscall(AddRule, _ruleset, RULE_PATH_BENEATH, (nuint)(&rule), 0);
        int errno = result < 0 ? Marshal.GetLastPInvokeError() : 0;
        Files.Close(descriptor);
        return errno;
    }

    /// <summary>
    /// Binds this thread and what it starts, for good; no_new_privs must be set. 0 or an errno.
    /// </summary>
    public int Restrict() => syscall(RestrictSelf, _ruleset, 0, 0, 0) < 0
        ? Marshal.GetLastPInvokeError() : 0;

    public void Dispose() => Files.Close(_ruleset);

    // Refer came with version 2, Truncate with 3, ControlDevice with 5.
    private static LandlockAccess HandledIn(int version)
    {
        LandlockAccess all = (LandlockAccess)((1 << 13) - 1);
        all |= version >= 2 ? LandlockAccess.Refer : 0;
        all |= version >= 3 ? LandlockAccess.Truncate : 0;
        return all | (version >= 5 ? LandlockAccess.ControlDevice : 0);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(
        nint number, nint first, nint second, nuint third, nuint fourth);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(
        nint number, nint first, nuint second, nuint third, nuint fourth);

    /// <summary>struct landlock_ruleset_attr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Ruleset
    {
        public ulong Files;
        public ulong Network;
        public ulong Scoped;
    }

    /// <summary>struct landlock_path_beneath_attr, which is packed.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    internal struct PathBeneath
    {
        public ulong Access;
        public int Descriptor;
    }
}
