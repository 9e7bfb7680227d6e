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
    private const nuint TUNSETOFFLOAD = 0x400454d0;
    private const nuint TUNGETIFF = 0x800454d2;
    private const nuint TUNSETVNETHDRSZ = 0x400454d8;
    private const short IFF_TAP = 2;
    private const short IFF_MULTI_QUEUE = 0x100;
    private const short IFF_NO_PI = 0x1000;
    private const short IFF_VNET_HDR = 0x4000;

    private TapDevice(int descriptor) => Descriptor = descriptor;

    /// <summary>Non-blocking, closed at execve; one frame a read or write.</summary>
    public int Descriptor { get; }

    /// <summary>Makes or attaches to a device by its name.</summary>
    /// <param name="name">The interface's name.</param>
    /// <param name="withHeader">
    /// Whether a struct virtio_net_hdr goes before each frame, which offloads need.
    /// </param>
    /// <param name="withQueues">
    /// Whether the device may be attached to several times; each is a queue of its own.
    /// </param>
    /// <param name="device">The device; null on an error.</param>
    /// <returns>0 or an errno: ENOENT without /dev/net/tun, EPERM in a namespace of
    /// others, EINVAL where the kernel knows no such header.</returns>
    public static int Open(
        string name, bool withHeader, bool withQueues, out TapDevice? device)
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
        request.Flags = (short)(IFF_TAP | IFF_NO_PI | (withHeader ? IFF_VNET_HDR : 0)
            | (withQueues ? IFF_MULTI_QUEUE : 0));
        if (ioctl(descriptor, TUNSETIFF, &request) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            Files.Close(descriptor);
            return errno;
        }

        device = new TapDevice(descriptor);
        return 0;
    }

    /// <summary>A device by the descriptor that another process has opened.</summary>
    public static TapDevice TakeOver(int descriptor) => new(descriptor);

    /// <summary>Whether a descriptor is a TAP's.</summary>
    public static bool IsTap(int descriptor)
    {
        InterfaceRequest request = default;
        return ioctl(descriptor, TUNGETIFF, &request) == 0 && (request.Flags & IFF_TAP) != 0;
    }

    /// <summary>
    /// Whether a header goes before each frame of a TAP that was made elsewhere. False also for a
    /// descriptor that is no TAP.
    /// </summary>
    public static bool HasHeader(int descriptor)
    {
        InterfaceRequest request = default;
        return ioctl(descriptor, TUNGETIFF, &request) == 0 && (request.Flags & IFF_VNET_HDR) != 0;
    }

    /// <summary>Sets the length of the header before each frame. 0 or an errno.</summary>
    public static int SetHeaderLength(int descriptor, int lengthBytes) =>
        ioctl(descriptor, TUNSETVNETHDRSZ, &lengthBytes) == 0
            ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>
    /// Lets the device's kernel leave checksums open and segments uncut in what it sends. 0 or an
    /// errno: EINVAL for flags that this kernel does not know.
    /// </summary>
    public static int SetOffloads(int descriptor, TapOffloads offloads) =>
        ioctl(descriptor, TUNSETOFFLOAD, (nuint)offloads) == 0
            ? 0 : Marshal.GetLastPInvokeError();

    public void Dispose() => Files.Close(Descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int descriptor, nuint request, InterfaceRequest* argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int descriptor, nuint request, int* argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int descriptor, nuint request, nuint argument);
}
