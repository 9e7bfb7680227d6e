using Hostile = (
    Slipway.Links.VhostUserRequest Request, byte[] Payload, int[] Descriptors);

namespace Slipway.Links.Tests;

/// <summary>Messages of the right shape that ask for what cannot be.</summary>
public sealed partial class VhostUserRefusalTests
{
    private static void SendHostile(FrontEnd vmm, string what)
    {
        Hostile hostile = Rings(vmm, what) ?? Memory(vmm, what)
            ?? (VhostUserRequest.GetFeatures, [], []);
        byte[] message = FrontEnd.Message(hostile.Request, hostile.Payload, flags: what switch
        {
            "version 0" => 0u,
            "version 2" => 2u,
            "a reply" => 5u,
            _ => 1u,
        });
        if (what is "longer than any" or "4 GiB long")
        {
            BitConverter.TryWriteBytes(
                message.AsSpan(8), what[0] == '4' ? uint.MaxValue : 513u);
        }

        vmm.Write(message, hostile.Descriptors);
    }

    private static Hostile? Rings(FrontEnd vmm, string what) => what switch
    {
        "features not offered" =>
            (VhostUserRequest.SetFeatures, FrontEnd.Number(1ul << 34), []),
        "protocol features not offered" =>
            (VhostUserRequest.SetProtocolFeatures, FrontEnd.Number(2), []),
        "ring 16" => (VhostUserRequest.SetVringNum, FrontEnd.State(16, 8), []),
        "ring 255 kicked" =>
            (VhostUserRequest.SetVringKick, FrontEnd.Number(255), [vmm.Kicks[0]]),
        "ring 4294967295" => (VhostUserRequest.SetVringEnable, FrontEnd.State(-1, 1), []),
        "size 0" => (VhostUserRequest.SetVringNum, FrontEnd.State(2, 0), []),
        "size 3" => (VhostUserRequest.SetVringNum, FrontEnd.State(2, 3), []),
        "size 65536" => (VhostUserRequest.SetVringNum, FrontEnd.State(2, 65_536), []),
        "size while it runs" => (VhostUserRequest.SetVringNum, FrontEnd.State(1, 128), []),
        "base while it runs" => (VhostUserRequest.SetVringBase, FrontEnd.State(1, 7), []),
        "address while it runs" => (VhostUserRequest.SetVringAddr,
            FrontEnd.Addresses(1, vmm.Transmit.Layout), []),
        "base of ring 99" => (VhostUserRequest.GetVringBase, FrontEnd.State(99, 0), []),
        "enable by 2" => (VhostUserRequest.SetVringEnable, FrontEnd.State(1, 2), []),
        "kick without descriptor" =>
            (VhostUserRequest.SetVringKick, FrontEnd.Number(0x101), []),
        "kick of a file" => (VhostUserRequest.SetVringKick, FrontEnd.Number(1),
            [vmm.Memory.Descriptor]),
        "kick of a socket" => (VhostUserRequest.SetVringKick, FrontEnd.Number(1),
            [vmm.Socket]),
        "call of a socket" => (VhostUserRequest.SetVringCall, FrontEnd.Number(1),
            [vmm.Socket]),
        "error of a socket" => (VhostUserRequest.SetVringErr, FrontEnd.Number(1),
            [vmm.Socket]),
        "ring outside the memory" =>
            (VhostUserRequest.SetVringKick, FrontEnd.Number(2), [vmm.Kicks[0]]),
        _ => null,
    };

    private static Hostile? Memory(FrontEnd vmm, string what)
    {
        int[] file = [vmm.Memory.Descriptor];
        ulong length = (ulong)vmm.Memory.LengthBytes;
        byte[] far = [.. vmm.Region()];
        far[4] = 1; // elsewhere in the guest
        return what switch
        {
            "region of nothing" => Add(far, 8, 0),
            "region too long for its file" => Add(far, 8, length + 1),
            "region beyond any file" => Add(far, 24, long.MaxValue),
            "region whose file offset wraps" => Add(far, 24, ulong.MaxValue - 8),
            "region that wraps" => Add(far, 0, ulong.MaxValue - 8),
            "regions that overlap" => (VhostUserRequest.SetMemTable,
                FrontEnd.Table(vmm.Region(), vmm.Region(4096)), [file[0], file[0]]),
            "count over its regions" => (VhostUserRequest.SetMemTable,
                [.. FrontEnd.State(2, 0), .. vmm.Region()], file),
            "count under its regions" => (VhostUserRequest.SetMemTable,
                [.. FrontEnd.State(0, 0), .. vmm.Region()], file),
            "nine descriptors" => (VhostUserRequest.SetMemTable,
                FrontEnd.Table([.. Enumerable.Repeat(far, 9)]),
                [.. Enumerable.Repeat(file[0], 9)]),
            "inflight of no queues" => (VhostUserRequest.GetInflightFd, new byte[20], []),
            "inflight for 65535 queues" => (VhostUserRequest.GetInflightFd,
                [.. new byte[16], 255, 255, 255, 255], []),
            "inflight file too short" => (VhostUserRequest.SetInflightFd,
                [.. FrontEnd.Number(length), .. FrontEnd.Number(1), 2, 0, 64, 0], file),
            "inflight offset wraps" => (VhostUserRequest.SetInflightFd,
                [.. FrontEnd.Number(8_192), .. FrontEnd.Number(ulong.MaxValue), 2, 0, 64, 0],
                file),
            _ => null,
        };

        Hostile Add(byte[] region, int offset, ulong value)
        {
            BitConverter.TryWriteBytes(region.AsSpan(offset), value);
            return (VhostUserRequest.AddMemReg, FrontEnd.Single(region), file);
        }
    }
}
