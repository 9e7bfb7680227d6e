using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// A program of seccomp(2) that judges each system call by its number and the lower halves of its
/// arguments. Rules are asked in the order in which they were added; a call that none knows gets
/// ENOSYS or whatever <see cref="Install"/> was told.
/// </summary>
public sealed unsafe partial class SeccompFilter
{
    /// <summary>What the running program's calls are numbered for.</summary>
    public static bool IsArm64 { get; } =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>What <see cref="SeccompVerdict"/> values are to the kernel.</summary>
    private const uint RET_KILL_PROCESS = 0x8000_0000;
    private const uint RET_ERRNO = 0x0005_0000;
    private const uint RET_LOG = 0x7ffc_0000;
    private const uint RET_ALLOW = 0x7fff_0000;
    private const uint AUDIT_ARCH_X86_64 = 0xc000_003e;
    private const uint AUDIT_ARCH_AARCH64 = 0xc000_00b7;

    // BPF_LD | BPF_W | BPF_ABS, BPF_JMP | BPF_JEQ | BPF_K and so on (linux/bpf_common.h).
    private const ushort Load = 0x20;
    private const ushort And = 0x54;
    private const ushort JumpIfEqual = 0x15;
    private const ushort JumpIfGreaterOrEqual = 0x35;
    private const ushort Return = 0x06;

    // struct seccomp_data: number, architecture, instruction pointer, six arguments.
    private const uint NumberOffset = 0;
    private const uint ArchitectureOffset = 4;
    private const uint FirstArgumentOffset = 16;

    /// <summary>On x86-64 numbers from here on are those of the x32 ABI.</summary>
    private const uint X32 = 0x4000_0000;

    private const int SET_MODE_FILTER = 1;
    private const uint FLAG_TSYNC = 1;
    private const int Most = 4_096; // BPF_MAXINSNS

    private readonly List<Instruction> _program = [];

    public SeccompFilter()
    {
        Add(Load, ArchitectureOffset);
        Add(JumpIfEqual, IsArm64 ? AUDIT_ARCH_AARCH64 : AUDIT_ARCH_X86_64, whenTrue: 1);
        Add(Return, RET_KILL_PROCESS);
        Add(Load, NumberOffset);
        if (!IsArm64)
        {
            Add(JumpIfGreaterOrEqual, X32, whenFalse: 1);
            Add(Return, RET_KILL_PROCESS);
        }
    }

    /// <summary>Whether this kernel has filters.</summary>
    public static bool IsSupported
    {
        get
        {
            const int GET_ACTION_AVAIL = 2;
            uint action = RET_KILL_PROCESS;
            return syscall(IsArm64 ? 277 : 317, GET_ACTION_AVAIL, 0, (nint)(&action)) == 0;
        }
    }

    /// <summary>Instructions so far.</summary>
    public int Length => _program.Count;

    /// <summary>One verdict for a call, whatever its arguments.</summary>
    public void Add(int number, SeccompVerdict verdict, int errno = 0)
    {
        Add(JumpIfEqual, (uint)number, whenFalse: 1);
        Add(Return, Value(verdict, errno));
    }

    /// <summary>
    /// Allows a call whose argument, under a mask, is one of the values; any other gets an errno.
    /// </summary>
    public void AllowIf(
        int number, int argument, uint mask, ReadOnlySpan<uint> values, int otherwise)
    {
        // Behind the rule the number is loaded anew: the argument has taken its place.
        Add(JumpIfEqual, (uint)number, whenFalse: (byte)(3 + (2 * values.Length)));
        Add(Load, FirstArgumentOffset + (8 * (uint)argument));
        Add(And, mask);
        foreach (uint value in values)
        {
            Add(JumpIfEqual, value, whenFalse: 1);
            Add(Return, RET_ALLOW);
        }

        Add(Return, Value(SeccompVerdict.Refuse, otherwise));
    }

    /// <summary>
    /// Binds all threads of the process, for good; no_new_privs must be set. 0 or an errno.
    /// </summary>
    /// <param name="otherwise">The verdict on calls that no rule knows.</param>
    /// <param name="errno">What they get when it is to refuse.</param>
    public int Install(SeccompVerdict otherwise, int errno)
    {
        Add(Return, Value(otherwise, errno));
        if (_program.Count > Most)
        {
            return Errno.EINVAL;
        }

        Instruction[] program = [.. _program];
        fixed (Instruction* first = program)
        {
            Program whole = new() { Length = (ushort)program.Length, First = first };
            nint result = syscall(
                IsArm64 ? 277 : 317, SET_MODE_FILTER, (nint)FLAG_TSYNC, (nint)(&whole));

            // More than 0 is a thread that has another filter already.
            return result == 0 ? 0 : result > 0 ? Errno.EBUSY : Marshal.GetLastPInvokeError();
        }
    }

    private static uint Value(SeccompVerdict verdict, int errno) => verdict switch
    {
        SeccompVerdict.Allow => RET_ALLOW,
        SeccompVerdict.Log => RET_LOG,
        SeccompVerdict.Kill => RET_KILL_PROCESS,
        _ => RET_ERRNO | (uint)errno,
    };

    private void Add(ushort code, uint value, byte whenTrue = 0, byte whenFalse = 0) =>
        _program.Add(new Instruction
        {
            Code = code, WhenTrue = whenTrue, WhenFalse = whenFalse, Value = value,
        });

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint operation, nint flags, nint arguments);

    /// <summary>struct sock_filter.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Instruction
    {
        public ushort Code;
        public byte WhenTrue;
        public byte WhenFalse;
        public uint Value;
    }

    /// <summary>struct sock_fprog.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Program
    {
        public ushort Length;
        public Instruction* First;
    }
}
