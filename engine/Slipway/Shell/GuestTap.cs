using Slipway.Links;
using Slipway.Linux;

namespace Slipway;

/// <summary>Makes the guest's TAP, with its address, route and MTU, in this namespace.</summary>
internal static class GuestTap
{
    /// <exception cref="HostRefusal">Says what to install or set.</exception>
    public static TapDevice Make(GuestSettings settings)
    {
        try
        {
            return TapSetup.Make(new TapSettings
            {
                Name = settings.Device,
                Configure = settings.Address is not null,
                Address = settings.Address ?? settings.Gateway,
                Subnet = settings.Subnet,
                Gateway = settings.Gateway,
                MtuBytes = settings.MtuBytes,
            });
        }
        catch (LinkException e)
        {
            string more = UserNamespaces.Refusal() is string refusal ? "; " + refusal : "";
            throw new HostRefusal($"the guest's network: {e.Message}{more}");
        }
    }
}
