using System.Runtime.Versioning;
using Slipway;

[assembly: SupportedOSPlatform("linux")]

// The guest's side is started by this program itself and parses no options: it is on the path of
// every `slipway shell`.
if (args is [GuestSide.CommandName, .. string[] guestSide])
{
    return GuestSide.Run(guestSide);
}

return SlipwayCommand.Run(args);
