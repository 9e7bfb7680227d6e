using System.ComponentModel;
using Slipway.Linux;
using Slipway.Wire;

namespace Slipway;

/// <summary>Makes the guest's TAP, with its address, route and MTU, in this namespace.</summary>
internal static class GuestTap
{
    private const string TunPath = "/dev/net/tun";

    /// <exception cref="HostRefusal">Says what to install or set.</exception>
    public static TapDevice Make(GuestSettings settings)
    {
        int errno = TapDevice.Open(settings.Device, out TapDevice? tap);
        if (errno != 0 || tap is null)
        {
            throw new HostRefusal(Explain(settings.Device, errno));
        }

        if (settings.Address is IpAddress address)
        {
            IpPrefix subnet = settings.Subnet;
            Check("lo", NetworkInterfaces.BringUp("lo"));
            Check("MTU", NetworkInterfaces.SetMtu(settings.Device, settings.MtuBytes));
            Check("address",
                NetworkInterfaces.SetAddress(settings.Device, address.IPv4, subnet.IPv4Mask));
            Check("link", NetworkInterfaces.BringUp(settings.Device));
            Check("route", NetworkInterfaces.AddDefaultRoute(settings.Gateway.IPv4));
        }

        return tap;
    }

    private static void Check(string what, int errno)
    {
        if (errno != 0)
        {
            throw new HostRefusal($"the guest's {what} could not be set ({Text(errno)})");
        }
    }

    private static string Explain(string device, int errno) => errno switch
    {
        Errno.ENOENT or Errno.ENODEV =>
            $"{TunPath} is missing; as root: modprobe tun, or in a container "
                + $"mkdir -p /dev/net && mknod -m 0666 {TunPath} c 10 200",
        Errno.EACCES =>
            $"{TunPath} may not be opened; as root: chmod 0666 {TunPath} (it grants nothing by "
                + "itself)",
        Errno.EPERM => UserNamespaces.Refusal()
            ?? $"{device} may not be made in this namespace; use one of a user namespace of yours, "
                + "or run as root",
        _ => $"{device} could not be made ({Text(errno)})",
    };

    private static string Text(int errno) => new Win32Exception(errno).Message;
}
