using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text;
using Slipway.Linux;

namespace Slipway.Load.Engines;

/// <summary>
/// `tapcopy NETNS plain|tso`: makes tap0 in this namespace and in another, says ready, and copies
/// frames between them until it is killed.
/// </summary>
internal static partial class TapCopyCommand
{
    public const string Name = "tapcopy";

    private const int FrameBytes = 66 << 10;
    private const int Batch = 64;
    private const int VnetHeaderBytes = 12;

    private const nuint TunSetInterface = 0x400454ca;
    private const nuint TunSetOffload = 0x400454d0;
    private const nuint TunSetVnetHeaderSize = 0x400454d8;
    private const short TapWithoutPacketInformation = 0x1002;
    private const short VnetHeader = 0x4000;
    private const nuint ChecksumAndTso = 0x0f;

    public static Command Create()
    {
        Argument<string> other = new("netns");
        Argument<string> mode = new("mode");
        Command command = new(Name, "Copy frames between two TAPs (used by the other commands).")
        {
            Hidden = true,
        };
        command.Add(other);
        command.Add(mode);
        command.SetAction(
            result => Run(result.GetValue(other)!, result.GetValue(mode) == "tso"));
        return command;
    }

    private static int Run(string otherNamespace, bool offloads)
    {
        int here = OpenTap(offloads);
        Require(Namespaces.EnterNetwork(otherNamespace), otherNamespace);
        int there = OpenTap(offloads);
        Console.WriteLine("ready");
        int epoll = Epoll.Create();
        Require(Epoll.Control(epoll, Epoll.Add, here, Epoll.In, (ulong)here), "epoll");
        Require(Epoll.Control(epoll, Epoll.Add, there, Epoll.In, (ulong)there), "epoll");
        EpollEvents events = new(2);
        byte[] frame = new byte[FrameBytes];
        while (true)
        {
            int ready = Epoll.Wait(epoll, events, -1);
            for (int i = 0; i < ready; i++)
            {
                int from = (int)events.Token(i);
                Copy(from, from == here ? there : here, frame);
            }
        }
    }

    // What does not fit the other's queue is lost, as on a wire.
    private static void Copy(int from, int to, byte[] frame)
    {
        for (int i = 0; i < Batch; i++)
        {
            int length = Files.Read(from, frame);
            if (length <= 0)
            {
                return;
            }

            _ = Files.Write(to, frame.AsSpan(0, length));
        }
    }

    private static int OpenTap(bool offloads)
    {
        int tap = Files.Open("/dev/net/tun", Files.ReadWrite | Files.NonBlocking);
        Require(tap, "/dev/net/tun");
        Span<byte> request = stackalloc byte[40]; // struct ifreq: the name, and the flags at 16
        Encoding.ASCII.GetBytes("tap0", request);
        int flags = TapWithoutPacketInformation | (offloads ? VnetHeader : 0);
        BitConverter.TryWriteBytes(request[16..], (short)flags);
        Require(ioctl(tap, TunSetInterface, ref request[0]), "TUNSETIFF");
        if (offloads)
        {
            Span<byte> size = BitConverter.GetBytes(VnetHeaderBytes);
            Require(ioctl(tap, TunSetVnetHeaderSize, ref size[0]), "TUNSETVNETHDRSZ");
            Require(ioctl(tap, TunSetOffload, ChecksumAndTso), "TUNSETOFFLOAD");
        }

        return tap;
    }

    private static void Require(int result, string what)
    {
        if (result < 0)
        {
            throw new LoadException($"{what}: error {-result}");
        }
    }

    [LibraryImport("libc")]
    private static partial int ioctl(int descriptor, nuint request, ref byte argument);

    [LibraryImport("libc")]
    private static partial int ioctl(int descriptor, nuint request, nuint argument);
}
