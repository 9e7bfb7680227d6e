using System.Runtime.Versioning;
using Slipway;

[assembly: SupportedOSPlatform("linux")]

// The guest's side is started by this program itself and parses no options: it is on the path of
// every `slipway shell`.
if (args is [GuestSide.CommandName, .. string[] guestSide])
{
    return GuestSide.Run(guestSide);
}

// So is a process beside an engine, which is to stay small.
if (args is [ResolverCommand.Name, .. string[] beside])
{
    return ResolverCommand.Run(beside);
}

// What a confined engine asks about other programs.
if (args is [SandboxAide.CommandName, .. string[] question])
{
    return SandboxAide.Run(question);
}

// An engine that has given up what it does not need, and became itself again by execve.
if (args is [SandboxEntry.Marker, string handover, .. string[] confined])
{
    if (!SandboxEntry.Continue(handover))
    {
        return ExitStatus.Usage;
    }

    args = confined;
}

// What the tests of the sandbox try from within it.
if (args is [SandboxProbe.CommandName, .. string[] attempts])
{
    return SandboxProbe.Run(attempts);
}

// It has gvproxy's flags, also by that name alone.
if (args is [GvproxyCommand.Name, .. string[] flags])
{
    return GvproxyCommand.Run(flags);
}

return Path.GetFileName(Environment.GetCommandLineArgs()[0]) == GvproxyCommand.Name
    ? GvproxyCommand.Run(args) : SlipwayCommand.Run(args);
