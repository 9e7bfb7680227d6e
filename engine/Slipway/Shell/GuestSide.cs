using Slipway.Linux;

namespace Slipway;

/// <summary>
/// The other half of `slipway shell`, inside the new namespaces: makes the TAP, hands its
/// descriptor to the engine, points name resolution at the gateway and becomes the command. A
/// hidden command of this program, because a .NET process has several threads and cannot enter a
/// user namespace itself.
/// </summary>
internal static class GuestSide
{
    public const string CommandName = "guest-side";

    public static int Run(string[] words)
    {
        if (GuestSettings.FromWords(words) is not GuestSettings settings)
        {
            StandardError.Say(
                $"{CommandName}: is started by `slipway shell` and `slipway run` only");
            return ExitStatus.Usage;
        }

        CurrentProcess.SetInherited(settings.Channel, inherited: false);
        bool becomes = settings.Command.Length > 0;
        if (becomes && !CurrentProcess.EndWith(settings.ParentId))
        {
            return ExitStatus.Failure;
        }

        if (DescriptorChannel.Send(settings.Channel, GuestStep.Entered, -1) != 0)
        {
            return ExitStatus.Failure;
        }

        try
        {
            HandTapOver(settings);
            return becomes ? BecomeCommand(settings) : ExitStatus.Success;
        }
        catch (HostRefusal e)
        {
            StandardError.Say(e.Message);
            return ExitStatus.Failure;
        }
    }

    private static void HandTapOver(GuestSettings settings)
    {
        using TapDevice tap = GuestTap.Make(settings);
        int errno = DescriptorChannel.Send(settings.Channel, GuestStep.TapMade, tap.Descriptor);
        if (errno != 0)
        {
            throw new HostRefusal($"the TAP could not be handed to the engine (errno {errno})");
        }
    }

    private static int BecomeCommand(GuestSettings settings)
    {
        if (!DescriptorChannel.Receive(settings.Channel, out byte step, out _)
            || step != GuestStep.Proceed)
        {
            // The engine could not start, and has said why.
            return ExitStatus.Failure;
        }

        GuestNames.PointTo(settings.Gateway, settings.Search);
        CurrentProcess.RestorePipeSignal();
        RemoveDiagnosticsPort();
        int errno = CurrentProcess.Become(settings.Command);
        string command = settings.Command[0];
        if (errno == Errno.ENOENT)
        {
            StandardError.Say($"{command}: command not found; name a program in PATH, or its path");
            return ExitStatus.NotFound;
        }

        StandardError.Say(
            $"{command}: cannot be executed "
                + $"({new System.ComponentModel.Win32Exception(errno).Message}); name a program "
                + "that may be");
        return ExitStatus.NotExecutable;
    }

    // The runtime removes the socket of its diagnostics port when the process ends, and becoming
    // another program is no end. One by the same number that another user's process has left
    // cannot be removed, and stays.
    private static void RemoveDiagnosticsPort()
    {
        string folder = Path.GetTempPath();
        if (Directory.Exists(folder))
        {
            string sockets = $"dotnet-diagnostic-{Environment.ProcessId}-*-socket";
            Array.ForEach(Directory.GetFiles(folder, sockets), path => _ = Files.Unlink(path));
        }
    }
}
