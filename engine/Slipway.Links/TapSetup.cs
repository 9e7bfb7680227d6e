using System.ComponentModel;
using Slipway.Linux;

namespace Slipway.Links;

/// <summary>Makes TAP devices and gives them their address, route and MTU.</summary>
public static class TapSetup
{
    private const string TunPath = "/dev/net/tun";

    /// <summary>
    /// Makes a TAP and sets it up. Where another namespace is named, the calling thread enters it
    /// and stays there.
    /// </summary>
    /// <exception cref="LinkException">Says what failed and the remedy.</exception>
    public static TapDevice Make(TapSettings settings)
    {
        if (settings.NetworkNamespace is string path)
        {
            int entered = Namespaces.EnterNetwork(path);
            if (entered < 0)
            {
                throw new LinkException(-entered switch
                {
                    Errno.ENOENT => $"there is no network namespace at {path}; "
                        + "make it first, for example: ip netns add NAME",
                    Errno.EPERM or Errno.EACCES => $"the network namespace {path} may not be "
                        + "entered; run as root, or as the user who owns it",
                    _ => $"the network namespace {path} cannot be entered ({Text(-entered)})",
                });
            }
        }

        int errno = Open(settings, out TapDevice? device);
        if (errno != 0 || device is null)
        {
            throw new LinkException(errno switch
            {
                Errno.ENOENT or Errno.ENODEV => $"{TunPath} is missing; as root: modprobe tun, "
                    + $"or in a container mkdir -p /dev/net && mknod -m 0666 {TunPath} c 10 200",
                Errno.EACCES => $"{TunPath} may not be opened; as root: chmod 0666 {TunPath} "
                    + "(it grants nothing by itself)",
                Errno.EBUSY => $"{settings.Name} is in use by another program; choose another name",
                Errno.EPERM => $"{settings.Name} may not be made in this namespace; use one of a "
                    + "user namespace of yours, `slipway shell`, or run as root",
                _ => $"{settings.Name} cannot be made ({Text(errno)})",
            });
        }

        if (settings.Configure)
        {
            Configure(settings);
        }

        return device;
    }

    /// <summary>
    /// Attaches to a device that <see cref="Make"/> made, on the same thread, for each further
    /// queue. Fewer than wanted where it was made elsewhere, for one.
    /// </summary>
    public static List<TapDevice> AddQueues(TapSettings settings)
    {
        List<TapDevice> queues = [];
        while (queues.Count < settings.Queues - 1
            && Open(settings, out TapDevice? queue) == 0 && queue is not null)
        {
            queues.Add(queue);
        }

        return queues;
    }

    // A device of one queue stays one; a kernel without the header has none.
    private static int Open(TapSettings settings, out TapDevice? device)
    {
        bool withQueues = settings.Queues > 1;
        int errno = TapDevice.Open(settings.Name, withHeader: true, withQueues, out device);
        if (errno == Errno.EINVAL && withQueues)
        {
            errno = TapDevice.Open(settings.Name, withHeader: true, withQueues: false, out device);
        }

        return errno == Errno.EINVAL
            ? TapDevice.Open(settings.Name, withHeader: false, withQueues: false, out device)
            : errno;
    }

    private static void Configure(TapSettings settings)
    {
        Check(settings, "loopback", NetworkInterfaces.BringUp("lo"));
        Check(settings, "MTU", NetworkInterfaces.SetMtu(settings.Name, settings.MtuBytes));
        NetworkInterfaces.SkipDuplicateDetection(settings.Name);
        Check(settings, "address", NetworkInterfaces.SetAddress(
            settings.Name, settings.Address.IPv4, settings.Subnet.IPv4Mask));
        Check(settings, "link", NetworkInterfaces.BringUp(settings.Name));
        Check(settings, "default route", NetworkInterfaces.AddDefaultRoute(settings.Gateway.IPv4));
    }

    private static void Check(TapSettings settings, string what, int errno)
    {
        if (errno != 0)
        {
            throw new LinkException($"the {what} of {settings.Name} could not be set "
                + $"({Text(errno)}); with configure=no the guest asks by DHCP instead");
        }
    }

    private static string Text(int errno) => new Win32Exception(errno).Message;
}
