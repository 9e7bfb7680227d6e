using System.Text;
using Slipway.Linux;
using Slipway.Services;

namespace Slipway;

/// <summary>
/// The engine's hold of the keeper, which starts the processes beside it, also when the engine may
/// start none any more.
/// </summary>
/// <remarks>
/// The keeper is a loop in sh(1): a few hundred KiB, where another process of this program would
/// have some ten MiB. It reads roles, one a line, from a socket; the process of a role that it has
/// started before is ended first. What it starts sends the engine a socket over the same way. It
/// ends with the engine, whose end of that socket is the only one, and all that it has started
/// ends with it (PR_SET_PDEATHSIG).
/// </remarks>
internal sealed class KeptResolvers : IResolverProcesses
{
    private const string Shell = "/bin/sh";
    private const int PatienceMs = 20_000;

    // $@ is this program, whose file is descriptor 4, even if another one has its place by now.
    // A process that has ended may have left its number to a stranger: its parent is looked at.
    private const string Loop = """
        trap '' HUP INT QUIT TERM
        exec </dev/null >/dev/null 2>&1
        name=$1
        shift
        while read -r role <&3; do
            eval "id=\$id_$role"
            status=0
            if [ "$id" ]; then
                read -r one two three parent rest <"/proc/$id/stat" &&
                    [ "$parent" = $$ ] && kill -9 "$id"
                wait "$id"
                status=$?
            fi
            "$name" "$@" "$role" $$ "$status" &
            eval "id_$role=\$!"
        done
        """;

    private readonly int _way;
    private readonly int _keeperId;
    private readonly Lock _lock = new();
    private bool _isDisposed;

    private KeptResolvers(int way, int keeperId)
    {
        _way = way;
        _keeperId = keeperId;
    }

    /// <summary>
    /// Starts the keeper: before this process gives up the right to start any.
    /// </summary>
    /// <returns>Null where it cannot be started: then the engine does all itself.</returns>
    public static KeptResolvers? Start()
    {
        if (DescriptorChannel.OpenStream(out int near, out int far) != 0)
        {
            return null;
        }

        int errno = 0;
        int id = 0;
        Thread starting = new(() => errno = StartKeeper(far, out id));
        starting.Start();
        starting.Join();
        DescriptorChannel.Close(far);
        if (errno != 0)
        {
            DescriptorChannel.Close(near);
            return null;
        }

        return new KeptResolvers(near, id);
    }

    public int Start(ResolverRole role, out int endedStatus)
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

            string line = role.ToString().ToLowerInvariant() + "\n";
            if (_isDisposed || PacketChannel.Send(_way, Encoding.ASCII.GetBytes(line)) != 0)
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

    /// <summary>Ends the keeper, and with it the others; waits for it.</summary>
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

    private static int StartKeeper(int far, out int id)
    {
        id = 0;
        int program = Files.Open("/proc/self/exe", Files.ReadOnly | Files.CloseOnExec);
        if (program < 0)
        {
            return -program;
        }

        // The keeper lives long: a pipe whose end somebody waits for must not stay open in it.
        _ = ProcessConfinement.KeepFromChildren(ResolverCommand.Way);
        ResolverConfinement.EnterKeeper();
        string[] words =
        [
            "sh", "-c", Loop, "slipway-keeper",
            $"/proc/self/fd/{ResolverCommand.Program}",
            .. ProgramPath.OfThisProgram()[1..], ResolverCommand.Name,
        ];
        int errno = ChildProcess.Start(
            Shell, words, [.. ResolverEnvironment.Own()], [far, program], out id);
        Files.Close(program);
        return errno;
    }
}
