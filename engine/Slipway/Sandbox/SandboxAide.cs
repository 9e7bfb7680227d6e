using System.Globalization;
using System.Text;
using Slipway.Engine;
using Slipway.Linux;
using Slipway.Wire;

namespace Slipway;

/// <summary>
/// What stays outside of the sandbox for a confined engine: a loop in sh(1) that reads lines from a
/// socket and knows three. `who PROTOCOL ADDRESS PORT` starts this program for a moment, which
/// looks at the host's other programs and answers who has the port; `HUP` and `TERM` are passed on
/// to the guest of `slipway shell`, which is not in the sandbox. It ends with the engine.
/// </summary>
/// <remarks>
/// The shell costs a tenth of a MiB; a process of this program that waits to be asked had 9 of its
/// own. What the engine sends is never evaluated: words are compared, or passed on as arguments.
/// </remarks>
internal static class SandboxAide
{
    /// <summary>The hidden command.</summary>
    public const string CommandName = "aide";

    private const string Shell = "/bin/sh";
    private const int Channel = 3;
    private const int Program = 4;
    private const int LongestAnswer = 256;
    private const int PatienceMs = 5_000;

    // CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE, where it has them: whose descriptors are what.
    private const ulong LooksAtOthers = 1 << 2 | 1 << 19;

    // CAP_KILL: the command of a shell may have become another user.
    private const ulong SignalsOthers = 1 << 5;

    // $guest is a process of `slipway shell`, or empty.
    private const string Loop = """
        trap '' HUP INT QUIT TERM
        exec </dev/null >/dev/null 2>&1
        guest=$1
        name=$2
        shift 2
        while read -r word protocol address port rest <&3; do
            case $word in
            who) "$name" "$@" "$protocol" "$address" "$port" || echo - >&3 ;;
            HUP | TERM) [ "$guest" ] && kill "-$word" "$guest" ;;
            esac
        done
        """;

    // A small heap, and no socket for tools: hexadecimal.
    private static readonly string[] s_variables =
    [
        "DOTNET_GCHeapHardLimit=2000000", "DOTNET_GCgen0size=40000",
        "DOTNET_EnableDiagnostics=0",
    ];

    private static readonly Lock s_lock = new();
    private static bool s_isLost;

    /// <summary>
    /// Starts it, before this process gives up the right to. Its socket, or -1 where that failed:
    /// then nobody is told who has a port.
    /// </summary>
    /// <param name="guest">The process of `slipway shell`; null where there is none.</param>
    public static int Start(int? guest)
    {
        if (DescriptorChannel.OpenStream(out int near, out int far) != 0)
        {
            return -1;
        }

        int errno = 0;
        Thread starting = new(() => errno = StartLoop(far, guest));
        starting.Start();
        starting.Join();
        DescriptorChannel.Close(far);
        if (errno != 0)
        {
            DescriptorChannel.Close(near);
            return -1;
        }

        return near;
    }

    /// <summary>`slipway aide PROTOCOL ADDRESS PORT`: answers with a line, to the engine.</summary>
    public static int Run(string[] words)
    {
        string? holder = words is [string number, string address, string port]
            && byte.TryParse(
                number, NumberStyles.None, CultureInfo.InvariantCulture, out byte protocol)
            && IpAddress.TryParse(address, out IpAddress local)
            && ushort.TryParse(
                port, NumberStyles.None, CultureInfo.InvariantCulture, out ushort localPort)
            ? PortHolder.Find((IpProtocol)protocol, new IpEndpoint(local, localPort)) : null;
        byte[] answer = Encoding.UTF8.GetBytes(holder ?? "-");
        int length = Math.Min(answer.Length, LongestAnswer);
        return PacketChannel.Send(Channel, [.. answer.AsSpan(0, length), (byte)'\n']) == 0
            ? ExitStatus.Success : ExitStatus.Failure;
    }

    /// <summary>Asks who has a port of the host; null where it cannot be told.</summary>
    public static string? FindHolder(int aide, IpProtocol protocol, in IpEndpoint local)
    {
        string question = string.Create(
            CultureInfo.InvariantCulture, $"who {(byte)protocol} {local.Address} {local.Port}\n");
        lock (s_lock)
        {
            // What comes too late would be taken for the answer to the next question.
            s_isLost = s_isLost || !Send(aide, question);
            string? answer = s_isLost ? null : ReadLine(aide);
            s_isLost = answer is null;
            return answer?.Length > 1 ? answer : null;
        }
    }

    /// <summary>Passes a signal on to the guest: HUP or TERM.</summary>
    public static bool Signal(int aide, string name) => Send(aide, $"{name}\n");

    private static bool Send(int aide, string line) =>
        PacketChannel.Send(aide, Encoding.ASCII.GetBytes(line)) == 0;

    private static string? ReadLine(int aide)
    {
        byte[] line = new byte[LongestAnswer + 1];
        int length = 0;
        while (length < line.Length && Files.AwaitReadable(aide, PatienceMs)
            && PacketChannel.Receive(aide, line.AsSpan(length)) is > 0 and int received)
        {
            length += received;
            if (line[length - 1] == '\n')
            {
                return Encoding.UTF8.GetString(line, 0, length - 1);
            }
        }

        return null;
    }

    private static int StartLoop(int far, int? guest)
    {
        int program = Files.Open("/proc/self/exe", Files.ReadOnly | Files.CloseOnExec);
        if (program < 0)
        {
            return -program;
        }

        // It lives long: a pipe whose end somebody waits for must not stay open in it.
        _ = ProcessConfinement.KeepFromChildren(Channel);
        _ = ProcessConfinement.GiveUpNewPrivileges();
        _ = Capabilities.Drop(LooksAtOthers | (guest is null ? 0 : SignalsOthers));
        string[] words =
        [
            "sh", "-c", Loop, "slipway-aide",
            guest?.ToString(CultureInfo.InvariantCulture) ?? "", $"/proc/self/fd/{Program}",
            .. ProgramPath.OfThisProgram()[1..], CommandName,
        ];
        int errno = ChildProcess.Start(Shell, words, s_variables, [far, program], out _);
        Files.Close(program);
        return errno;
    }
}
