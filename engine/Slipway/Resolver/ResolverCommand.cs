using System.Globalization;
using Slipway.Linux;
using Slipway.Services;

namespace Slipway;

/// <summary>
/// A process beside the engine: a hidden command of this program, which the engine's keeper starts.
/// It makes the socket between the engine and itself, hands the engine its end, and serves.
/// </summary>
internal static class ResolverCommand
{
    public const string Name = "resolver";

    /// <summary>The socket that leads to the engine: for its end of the new one.</summary>
    public const int Way = 3;

    /// <summary>This program's file.</summary>
    public const int Program = 4;

    private const string Confined = "confined";
    private const string Open = "open";

    /// <summary>What the keeper starts, but for its id and how the one before has ended.</summary>
    public static string[] Words(ResolverRole role, bool isConfined) =>
        [Name, role.ToString().ToLowerInvariant(), isConfined ? Confined : Open];

    /// <summary>As ps(1) shows it.</summary>
    public static string NameOf(ResolverRole role) =>
        $"slipway {role.ToString().ToLowerInvariant()}";

    /// <param name="words">The role, whether it is confined, the keeper's id, how the process
    /// before has ended.</param>
    public static int Run(string[] words)
    {
        if (words is [string text, Confined or Open, string keeper, string ended]
            && Enum.TryParse(text, ignoreCase: true, out ResolverRole role)
            && Enum.IsDefined(role)
            && int.TryParse(
                keeper, NumberStyles.None, CultureInfo.InvariantCulture, out int keeperId)
            && byte.TryParse(
                ended, NumberStyles.None, CultureInfo.InvariantCulture, out byte status))
        {
            return Serve(role, words[1] == Confined, keeperId, status);
        }

        StandardError.Say($"{Name}: is started by an engine only");
        return ExitStatus.Usage;
    }

    private static int Serve(
        ResolverRole role, bool isConfined, int keeperId, byte endedStatus)
    {
        if (!CurrentProcess.EndWith(keeperId))
        {
            return ExitStatus.Failure;
        }

        // It was executed by a descriptor's number.
        CurrentProcess.Rename(NameOf(role));
        ProgramPages.GiveBack(path => path == Environment.ProcessPath);
        ResolverConfinement.Enter();
        if (DescriptorChannel.Open(out int near, out int far) != 0
            || DescriptorChannel.Send(Way, endedStatus, near) != 0)
        {
            return ExitStatus.Failure;
        }

        DescriptorChannel.Close(near);
        DescriptorChannel.Close(Way);
        DescriptorChannel.Close(Program);
        if (isConfined)
        {
            ResolverConfinement.Close(role);
        }

        bool isGood = ResolverService.Serve(
            role, far, () => ProcessConfinement.Exit(ResolverConfinement.StuckStatus));

        // Threads may be blocked in the host's resolver: nothing of them is waited for.
        ProcessConfinement.Exit(isGood ? ExitStatus.Success : ExitStatus.Failure);
        return ExitStatus.Failure;
    }
}
