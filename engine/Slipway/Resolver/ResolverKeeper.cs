using Slipway.Linux;
using Slipway.Services;

namespace Slipway;

/// <summary>
/// The engine's hold of a keeper, which starts the process of a role, also when the engine may
/// start none any more.
/// </summary>
/// <remarks>
/// The keeper is a loop in sh(1): a hundred KiB, where another process of this program would have
/// some ten MiB. With each line that it reads from a socket it ends the process that it has started
/// before, and starts another. What it starts sends the engine a socket over the same way. It ends
/// with the engine, whose end of that socket is the only one, and what it has started ends with it
/// (PR_SET_PDEATHSIG).
/// </remarks>
internal sealed class ResolverKeeper : IDisposable
{
    private const string Shell = "/bin/sh";
    private const int PatienceMs = 20_000;

    // $@ is this program, whose file is descriptor 4, even if another one has its place by now.
    // A process that has ended may have left its number to a stranger: its parent is looked at.
    // Alone in a PID namespace there are no strangers, and /proc has other numbers. $first where
    // the first line has been read.
    private const string Loop = """
        trap '' HUP INT QUIT TERM
        exec </dev/null >/dev/null 2>&1
        alone=$1
        first=$2
        name=$3
        shift 3
        id=
        while [ "$first" ] || read -r line <&3; do
            first=
            status=0
            if [ "$id" ]; then
                parent=
                if [ -z "$alone" ] && IFS= read -r stat <"/proc/$id/stat"; then
                    stat=${stat##*) }
                    parent=${stat#* }
                    parent=${parent%% *}
                fi
                [ "$alone" ] || [ "$parent" = $$ ] && kill -9 "$id"
                wait "$id"
                status=$?
            fi
            "$name" "$@" $$ "$status" &
            id=$!
        done
        """;

    // Before that loop, once there is something to start: into namespaces of its own. No user is
    // known in there, so nobody is root, or has a capability after an execve.
    private const string Enclosure = """
        trap '' HUP INT QUIT TERM
        exec </dev/null >/dev/null 2>&1
        loop=$1
        unshare=$2
        shift 2
        read -r line <&3 || exit 0
        own='--user --net --ipc --uts --pid --fork --kill-child'
        if "$unshare" $own -- /bin/sh -c :; then
            exec "$unshare" $own -- /bin/sh -c "$loop" slipway-keeper alone first "$@"
        fi
        exec /bin/sh -c "$loop" slipway-keeper '' first "$@"
        """;

    private readonly int _way;
    private readonly int _keeperId;
    private readonly Lock _lock = new();
    private bool _isDisposed;

    private ResolverKeeper(int way, int keeperId)
    {
        _way = way;
        _keeperId = keeperId;
    }

    /// <summary>Starts it; null where it cannot be started.</summary>
    public static ResolverKeeper? Start(ResolverRole role, bool isConfined)
    {
        if (DescriptorChannel.OpenStream(out int near, out int far) != 0)
        {
            return null;
        }

        int errno = 0;
        int id = 0;
        Thread starting = new(() => errno = StartLoop(role, isConfined, far, out id));
        starting.Start();
        starting.Join();
        DescriptorChannel.Close(far);
        if (errno != 0)
        {
            DescriptorChannel.Close(near);
            return null;
        }

        return new ResolverKeeper(near, id);
    }

    /// <summary>
    /// Has it start a process; see <see cref="IResolverProcesses.Start"/>.
    /// </summary>
    public int Start(out int endedStatus)
    {
        endedStatus = 0;
        lock (_lock)
        {
            // What came too late the last time is of a process that is ended now.
            while (!_isDisposed && Files.AwaitReadable(_way, 0)
                && DescriptorChannel.Receive(_way, out _, out int late))
            {
                DescriptorChannel.Close(late);
            }

            if (_isDisposed || PacketChannel.Send(_way, "next\n"u8) != 0)
            {
                return -Errno.EPIPE;
            }

            if (!Files.AwaitReadable(_way, PatienceMs))
            {
                return -Errno.ETIMEDOUT;
            }

            bool hasCome = DescriptorChannel.Receive(
                _way, out byte status, out int descriptor);
            endedStatus = status;
            return hasCome && descriptor >= 0 ? descriptor : -Errno.EPIPE;
        }
    }

    /// <summary>Ends the keeper, and with it the process; waits for it.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        // Whoever waits for the keeper waits no more.
        _ = Sockets.Shutdown(_way, Sockets.ShutdownBoth);
        lock (_lock)
        {
            DescriptorChannel.Close(_way);
        }

        _ = ChildProcess.Wait(_keeperId);
    }

    private static int StartLoop(ResolverRole role, bool isConfined, int far, out int id)
    {
        id = 0;
        int program = Files.Open("/proc/self/exe", Files.ReadOnly | Files.CloseOnExec);
        if (program < 0)
        {
            return -program;
        }

        // The keeper lives long: a pipe whose end somebody waits for must not stay open in it.
        _ = ProcessConfinement.KeepFromChildren(ResolverCommand.Way);
        ResolverConfinement.EnterKeeper(role, isConfined);
        string[] started =
        [
            $"/proc/self/fd/{ResolverCommand.Program}", .. ProgramPath.OfThisProgram()[1..],
            .. ResolverCommand.Words(role, isConfined),
        ];
        string[] words = isConfined && role == ResolverRole.Scripts
            ? ["sh", "-c", Enclosure, "slipway-keeper", Loop, ProgramPath.Find("unshare") ?? "",
                .. started]
            : ["sh", "-c", Loop, "slipway-keeper", "", "", .. started];
        int errno = ChildProcess.Start(
            Shell, words, [.. ResolverEnvironment.Own()], [far, program], out id);
        Files.Close(program);
        return errno;
    }
}
