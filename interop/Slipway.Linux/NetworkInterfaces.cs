using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// Sets up interfaces of the calling thread's network namespace by ioctl (netdevice(7)). IPv4
/// addresses are numbers in host order; each call returns 0 or an errno.
/// </summary>
public static unsafe partial class NetworkInterfaces
{
    private const int AF_INET = 2;
    private const int SOCK_DGRAM = 2;
    private const int SOCK_CLOEXEC = 0x80000;
    private const nuint SIOCADDRT = 0x890b;
    private const nuint SIOCGIFFLAGS = 0x8913;
    private const nuint SIOCSIFFLAGS = 0x8914;
    private const nuint SIOCSIFADDR = 0x8916;
    private const nuint SIOCSIFNETMASK = 0x891c;
    private const nuint SIOCSIFMTU = 0x8922;
    private const short IFF_UP = 1;
    private const ushort RTF_UP = 1;
    private const ushort RTF_GATEWAY = 2;

    /// <summary>Largest frame payload of an interface, in bytes.</summary>
    public static int SetMtu(string name, int mtuBytes) =>
        Call(SIOCSIFMTU, name, (ref InterfaceRequest request) => request.Number = mtuBytes);

    /// <summary>Gives an interface its address and netmask.</summary>
    public static int SetAddress(string name, uint address, uint mask)
    {
        int errno = Call(
            SIOCSIFADDR, name,
            (ref InterfaceRequest request) =>
                request.Address = new InterfaceRequest.InternetAddress(address));
        return errno != 0 ? errno : Call(
            SIOCSIFNETMASK, name,
            (ref InterfaceRequest request) =>
                request.Address = new InterfaceRequest.InternetAddress(mask));
    }

    /// <summary>
    /// Lets the interface use its IPv6 addresses at once, unasked whether another has them
    /// (accept_dad): for a link of two. Nothing happens where IPv6 is off.
    /// </summary>
    public static void SkipDuplicateDetection(string name)
    {
        int setting = Files.Open(
            $"/proc/sys/net/ipv6/conf/{name}/accept_dad", Files.ReadWrite | Files.CloseOnExec);
        if (setting >= 0)
        {
            _ = Files.Write(setting, "0"u8);
            Files.Close(setting);
        }
    }

    /// <summary>Brings an interface up, "lo" too.</summary>
    public static int BringUp(string name)
    {
        short flags = 0;
        int errno = Call(
            SIOCGIFFLAGS, name, null, (ref InterfaceRequest request) => flags = request.Flags);
        return errno != 0 ? errno : Call(
            SIOCSIFFLAGS, name, (ref InterfaceRequest request) =>
                request.Flags = (short)(flags | IFF_UP));
    }

    /// <summary>Adds the default route through a router.</summary>
    public static int AddDefaultRoute(uint gateway)
    {
        RouteEntry route = new()
        {
            Destination = new InterfaceRequest.InternetAddress(0),
            Gateway = new InterfaceRequest.InternetAddress(gateway),
            Mask = new InterfaceRequest.InternetAddress(0),
            Flags = RTF_UP | RTF_GATEWAY,
        };
        int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        int errno = descriptor >= 0 && ioctl(descriptor, SIOCADDRT, &route) == 0
            ? 0 : Marshal.GetLastPInvokeError();
        Files.Close(descriptor);
        return errno;
    }

    private static int Call(nuint number, string name, Fill? fill, Fill? take = null)
    {
        InterfaceRequest request = default;
        request.SetName(name);
        fill?.Invoke(ref request);
        int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        int errno = descriptor >= 0 && ioctl(descriptor, number, &request) == 0
            ? 0 : Marshal.GetLastPInvokeError();
        Files.Close(descriptor);
        take?.Invoke(ref request);
        return errno;
    }

    private delegate void Fill(ref InterfaceRequest request);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int descriptor, nuint request, void* argument);

    /// <summary>struct rtentry.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 120)]
    private struct RouteEntry
    {
        public nuint Padding1;
        public InterfaceRequest.InternetAddress Destination;
        public InterfaceRequest.InternetAddress Gateway;
        public InterfaceRequest.InternetAddress Mask;
        public ushort Flags;
    }
}
