using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// Starts a program and waits for it, by posix_spawn(3): descriptors without FD_CLOEXEC, the
/// environment and the terminal are inherited, and nothing of the runtime stands between.
/// </summary>
public static unsafe partial class ChildProcess
{
    /// <summary>
    /// Status of a child that a signal ended, as a shell reports it, is this and the signal.
    /// </summary>
    public const int SignalledBase = 128;

    private const int EINTR = 4;
    private const int FileActionsBytes = 256;
    private const int F_DUPFD_CLOEXEC = 1030;
    private const int FirstPlace = 3;
    private const int FirstCopy = 64;

    /// <summary>Starts a program; it is not looked for in PATH.</summary>
    /// <param name="path">The program's file.</param>
    /// <param name="arguments">Its arguments, its name first.</param>
    /// <param name="processId">The child.</param>
    /// <returns>0 or an errno.</returns>
    public static int Start(string path, ReadOnlySpan<string> arguments, out int processId)
    {
        byte** argv = NativeStrings.Allocate(arguments);
        try
        {
            return posix_spawn(out processId, path, 0, 0, argv, Environment());
        }
        finally
        {
            NativeStrings.Free(argv);
        }
    }

    /// <summary>
    /// Starts a program with some descriptors beside the standard streams, and these variables
    /// alone in its environment; it is not looked for in PATH.
    /// </summary>
    /// <param name="path">The program's file.</param>
    /// <param name="arguments">Its arguments, its name first.</param>
    /// <param name="variables">NAME=VALUE each.</param>
    /// <param name="descriptors">
    /// They have the numbers from 3 on there; whether they are inherited does not count.
    /// </param>
    /// <param name="processId">The child.</param>
    /// <returns>0 or an errno.</returns>
    public static int Start(
        string path, ReadOnlySpan<string> arguments, ReadOnlySpan<string> variables,
        ReadOnlySpan<int> descriptors, out int processId)
    {
        // Moved out of the way first: one's number may be another's place.
        Span<int> copies = stackalloc int[descriptors.Length];
        byte** argv = NativeStrings.Allocate(arguments);
        byte** environment = NativeStrings.Allocate(variables);

        // posix_spawn_file_actions_t: 80 bytes in glibc and in musl.
        byte* actions = stackalloc byte[FileActionsBytes];
        processId = -1;
        int result = posix_spawn_file_actions_init(actions);
        try
        {
            for (int i = 0; i < descriptors.Length; i++)
            {
                copies[i] = fcntl(descriptors[i], F_DUPFD_CLOEXEC, FirstCopy);
                result = result != 0 ? result
                    : posix_spawn_file_actions_adddup2(actions, copies[i], FirstPlace + i);
            }

            return result != 0 ? result
                : posix_spawn(out processId, path, (nint)actions, 0, argv, environment);
        }
        finally
        {
            _ = posix_spawn_file_actions_destroy(actions);
            foreach (int copy in copies)
            {
                _ = close(copy);
            }

            NativeStrings.Free(environment);
            NativeStrings.Free(argv);
        }
    }

    /// <summary>
    /// Waits until the child has ended; its exit status, 128 and the signal if one ended it.
    /// </summary>
    public static int Wait(int processId)
    {
        int status;
        while (waitpid(processId, out status, 0) < 0)
        {
            if (Marshal.GetLastPInvokeError() != EINTR)
            {
                return SignalledBase;
            }
        }

        int signal = status & 0x7f;
        return signal == 0 ? (status >> 8) & 0xff : SignalledBase + signal;
    }

    /// <summary>
    /// Sends a signal by its number; false when the process is gone or another user's.
    /// </summary>
    public static bool Signal(int processId, int signal) => kill(processId, signal) == 0;

    /// <summary>libc's environ: what the process was started with, byte for byte.</summary>
    private static byte** Environment() =>
        *(byte***)NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "environ");

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn(
        out int processId, string path, nint fileActions, nint attributes, byte** argv,
            byte** environment);

    [LibraryImport("libc")]
    private static partial int fcntl(int descriptor, int command, nint argument);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(
        byte* actions, int descriptor, int place);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int processId, out int status, int options);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int processId, int signal);
}
