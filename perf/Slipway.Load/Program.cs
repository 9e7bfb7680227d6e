using System.CommandLine;
using System.Runtime.Versioning;
using Slipway.Load;
using Slipway.Load.Engines;
using Slipway.Load.Peers;
using Slipway.Load.Profile;
using Slipway.Load.Soak;
using Slipway.Load.Virtio;

[assembly: SupportedOSPlatform("linux")]

RootCommand root = CompareCommand.Create();
root.Add(ProfileCommand.Create());
root.Add(SoakCommand.Create());
root.Add(PeerCommand.Create());
root.Add(TapCopyCommand.Create());
root.Add(VirtioPeerCommand.Create());
try
{
    return root.Parse(args).Invoke(new InvocationConfiguration
    {
        EnableDefaultExceptionHandler = false,
    });
}
catch (LoadException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
