using System.Buffers.Binary;
using System.Text;
using Slipway.Engine;
using Slipway.Linux;
using Slipway.Wire;

namespace Slipway;

/// <summary>
/// The process beside a confined engine that looks at the host's other programs, which Landlock
/// keeps the engine from: who has a port. It is asked by 19 bytes (the protocol, the address, the
/// port) and answers with a text; there is nothing else that it can be asked for, and it ends with
/// the engine.
/// </summary>
internal static class SandboxAide
{
    /// <summary>The hidden command.</summary>
    public const string CommandName = "aide";

    private const int Channel = 3;
    private const int AddressOffset = 1;
    private const int PortOffset = AddressOffset + IpAddress.IPv6LengthBytes;
    private const int QuestionBytes = PortOffset + sizeof(ushort);
    private const int LongestAnswer = 256;

    // CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE, where it has them: whose descriptors are what.
    private const ulong LooksAtOthers = 1 << 2 | 1 << 19;

    // A small heap, and no socket for tools: hexadecimal.
    private static readonly string[] s_variables =
    [
        "DOTNET_GCHeapHardLimit=2000000", "DOTNET_GCgen0size=40000",
        "DOTNET_EnableDiagnostics=0",
    ];

    private static readonly Lock s_lock = new();

    /// <summary>
    /// Starts it, before this process gives up the right to. Its socket, or -1 where that failed:
    /// then nobody is told who has a port.
    /// </summary>
    public static int Start()
    {
        if (DescriptorChannel.Open(out int near, out int far) != 0)
        {
            return -1;
        }

        int errno = ChildProcess.Start(
            "/proc/self/exe", [.. ProgramPath.OfThisProgram(), CommandName], s_variables,
            [far], out _);
        DescriptorChannel.Close(far);
        if (errno != 0)
        {
            DescriptorChannel.Close(near);
            return -1;
        }

        return near;
    }

    /// <summary>The process itself: answers until the engine has ended.</summary>
    public static int Run()
    {
        CurrentProcess.IgnoreTerminal();
        _ = ProcessConfinement.CloseFrom(Channel + 1);
        _ = ProcessConfinement.DetachStandardStreams();
        _ = ProcessConfinement.GiveUpNewPrivileges();
        _ = Capabilities.Drop(LooksAtOthers);
        _ = ProcessConfinement.ForbidCores();
        Span<byte> question = stackalloc byte[QuestionBytes];
        while (PacketChannel.Receive(Channel, question) == QuestionBytes)
        {
            string? holder = PortHolder.Find(
                (IpProtocol)question[0], new IpEndpoint(
                    IpAddress.ReadIPv6(question[AddressOffset..]),
                    BinaryPrimitives.ReadUInt16BigEndian(question[PortOffset..])));
            byte[] answer = Encoding.UTF8.GetBytes(holder ?? "-");
            if (PacketChannel.Send(
                Channel, answer.AsSpan(0, Math.Min(answer.Length, LongestAnswer))) != 0)
            {
                break;
            }
        }

        return ExitStatus.Success;
    }

    /// <summary>Asks who has a port of the host; null where it cannot be told.</summary>
    public static string? FindHolder(int aide, IpProtocol protocol, in IpEndpoint local)
    {
        Span<byte> question = stackalloc byte[QuestionBytes];
        question[0] = (byte)protocol;
        local.Address.WriteIPv6(question[AddressOffset..]);
        BinaryPrimitives.WriteUInt16BigEndian(question[PortOffset..], local.Port);
        Span<byte> answer = stackalloc byte[LongestAnswer];
        lock (s_lock)
        {
            int length = PacketChannel.Send(aide, question) == 0
                ? PacketChannel.Receive(aide, answer) : 0;
            string text = Encoding.UTF8.GetString(answer[..Math.Clamp(length, 0, LongestAnswer)]);
            return text.Length > 1 ? text : null;
        }
    }
}
