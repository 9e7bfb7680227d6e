using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// Makes a TAP device in the calling thread's network namespace and holds its descriptor; the
/// device is gone when every copy of the descriptor is closed
/// (Documentation/networking/tuntap.rst).
/// </summary>
public sealed unsafe partial class TapDevice : IDisposable
{
    private const nuint TUNSETIFF = 0x400454ca;
    private const short IFF_TAP = 2;
    private const short IFF_NO_PI = 0x1000;

    private TapDevice(int descriptor) => Descriptor = descriptor;

    /// <summary>Non-blocking, closed at execve; one frame a read or write.</summary>
    public int Descriptor { get; }

    /// <summary>Makes or attaches to a device by its name.</summary>
    /// <returns>0 or an errno: ENOENT without /dev/net/tun, EPERM in a namespace of
    /// others.</returns>
    public static int Open(string name, out TapDevice? device)
    {
        device = null;
        int descriptor = Files.Open(
            "/dev/net/tun", Files.ReadWrite | Files.NonBlocking | Files.CloseOnExec);
        if (descriptor < 0)
        {
            return -descriptor;
        }

        InterfaceRequest request = default;
        request.SetName(name);
        request.Flags = IFF_TAP | IFF_NO_PI;
        if (ioctl(descriptor, TUNSETIFF, &request) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            Files.Close(descriptor);
            return errno;
        }

        device = new TapDevice(descriptor);
        return 0;
    }

    public void Dispose() => Files.Close(Descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int descriptor, nuint request, InterfaceRequest* argument);
}
