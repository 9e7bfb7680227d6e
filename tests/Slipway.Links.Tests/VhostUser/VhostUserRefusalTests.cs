using Slipway.Linux;
using static Slipway.Links.Tests.LinkBench;

namespace Slipway.Links.Tests;

/// <summary>VMMs and guests that do what they may not: others go on.</summary>
[Collection(DescriptorCountCollection.Name)]
public sealed partial class VhostUserRefusalTests : IDisposable
{
    private readonly LinkBench _bench = new();

    public VhostUserRefusalTests() => _bench.Start(
        VhostUserLink.Listen(_bench.Path("v"), MtuBytes, _bench.Reports.Add));

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Message_InPiecesOfOneByte_IsUnderstood()
    {
        using FrontEnd vmm = new(_bench);
        vmm.Negotiate();
        byte[] table = FrontEnd.Message(
            VhostUserRequest.SetMemTable, FrontEnd.Table(vmm.Region()), needsReply: true);
        for (int i = 0; i < table.Length; i++)
        {
            vmm.Write([table[i]], i == 5 ? [vmm.Memory.Descriptor] : []);
            _bench.Turn();
        }

        Assert.Equal(0ul, vmm.ReadNumber(VhostUserRequest.SetMemTable));
    }

    [Fact]
    public void Request_Unknown_IsRefusedAndTheRestGoesOn()
    {
        using FrontEnd vmm = new(_bench);
        vmm.Negotiate();
        vmm.Write(FrontEnd.Message(
            (VhostUserRequest)6, FrontEnd.Number(1), needsReply: true), vmm.Kicks[0]);
        Assert.Equal(1ul, vmm.ReadNumber((VhostUserRequest)6));
        vmm.Boot();
        Assert.Contains("request 6", Assert.Single(_bench.Reports), StringComparison.Ordinal);
    }

    public static TheoryData<string, int, int> WrongShapes
    {
        get
        {
            TheoryData<string, int, int> shapes = [];
            foreach ((VhostUserRequest request, int length, int descriptors) in
                (ReadOnlySpan<(VhostUserRequest, int, int)>)
                [
                    (VhostUserRequest.GetFeatures, 0, 0),
                    (VhostUserRequest.SetFeatures, 8, 0),
                    (VhostUserRequest.SetOwner, 0, 0),
                    (VhostUserRequest.ResetOwner, 0, 0),
                    (VhostUserRequest.SetMemTable, 40, 1),
                    (VhostUserRequest.SetVringNum, 8, 0),
                    (VhostUserRequest.SetVringAddr, 40, 0),
                    (VhostUserRequest.SetVringBase, 8, 0),
                    (VhostUserRequest.GetVringBase, 8, 0),
                    (VhostUserRequest.SetVringKick, 8, 1),
                    (VhostUserRequest.SetVringCall, 8, 1),
                    (VhostUserRequest.SetVringErr, 8, 1),
                    (VhostUserRequest.GetProtocolFeatures, 0, 0),
                    (VhostUserRequest.SetProtocolFeatures, 8, 0),
                    (VhostUserRequest.GetQueueNum, 0, 0),
                    (VhostUserRequest.SetVringEnable, 8, 0),
                    (VhostUserRequest.GetInflightFd, 24, 0),
                    (VhostUserRequest.SetInflightFd, 24, 1),
                    (VhostUserRequest.GetMaxMemSlots, 0, 0),
                    (VhostUserRequest.AddMemReg, 40, 1),
                    (VhostUserRequest.RemMemReg, 40, 1),
                ])
            {
                string name = request.ToString();
                shapes.Add(name, length + 1, descriptors);
                shapes.Add(name, length, descriptors + 1);
                if (length > 0)
                {
                    shapes.Add(name, length - 1, descriptors);
                    shapes.Add(name, 0, descriptors);
                }

                if (descriptors > 0 && request != VhostUserRequest.RemMemReg)
                {
                    shapes.Add(name, length, 0);
                }
            }

            return shapes;
        }
    }

    [Theory]
    [MemberData(nameof(WrongShapes))]
    public void Message_OfTheWrongShape_EndsTheConnection(
        string request, int length, int descriptors)
    {
        using FrontEnd vmm = new FrontEnd(_bench).Boot();
        int open = CountDescriptors();
        byte[] payload = new byte[length];
        VhostUserRequest number = Enum.Parse<VhostUserRequest>(request);
        if (number == VhostUserRequest.SetMemTable && length > 0)
        {
            payload[0] = 1;
        }

        vmm.Write(
            FrontEnd.Message(number, payload),
            [.. Enumerable.Repeat(vmm.Kicks[0], descriptors)]);
        _bench.Until(vmm.IsClosed, "it is disconnected");
        Assert.Contains(
            request, Assert.Single(_bench.Reports), StringComparison.Ordinal);
        Assert.Single(_bench.Closed);
        Assert.True(CountDescriptors() < open, "descriptors of the message are closed");
        using FrontEnd next = new FrontEnd(_bench).Boot();
    }

    // CVE-2011-2512, CVE-2020-10722 (a ring that is not there), CVE-2020-10723 and -10726 (sizes
    // that wrap), CVE-2020-10725 (a ring without memory): QEMU and DPDK believed these.
    public static TheoryData<string> WrongMessages =>
    [
        "version 0", "version 2", "a reply", "longer than any", "4 GiB long",
        "nine descriptors", "features not offered", "protocol features not offered",
        "ring 16", "ring 255 kicked", "ring 4294967295", "size 0", "size 3", "size 65536",
        "size while it runs", "base while it runs", "address while it runs",
        "base of ring 99", "enable by 2", "kick without descriptor", "kick of a file",
        "kick of a socket", "call of a socket", "error of a socket",
        "ring outside the memory", "region of nothing", "region too long for its file",
        "region beyond any file", "region whose file offset wraps", "regions that overlap",
        "count over its regions", "count under its regions",
        "region that wraps", "inflight of no queues", "inflight for 65535 queues",
        "inflight file too short", "inflight offset wraps",
    ];

    [Theory]
    [MemberData(nameof(WrongMessages))]
    public void Message_Hostile_EndsTheConnectionAndNothingElse(string what)
    {
        using FrontEnd bystander = new FrontEnd(_bench).Boot();
        int open = CountDescriptors();
        using (FrontEnd vmm = new FrontEnd(_bench).Boot())
        {
            SendHostile(vmm, what);
            _bench.Until(vmm.IsClosed, "it is disconnected");
        }

        Assert.Single(_bench.Reports);
        Assert.Single(_bench.Closed);
        _bench.Until(() => CountDescriptors() == open, "no descriptor is left of it");
        bystander.Send(Frame(1));
        _bench.Until(() => _bench.Frames.Count == 1, "the other guest is served");
    }

    [Fact]
    public void Descriptors_WithEveryMessage_DoNotPileUp()
    {
        // CVE-2019-14818, CVE-2020-10724, CVE-2022-0669: DPDK kept those of every message.
        using FrontEnd vmm = new FrontEnd(_bench).Boot();
        int open = CountDescriptors();
        for (int i = 0; i < 2_000; i++)
        {
            vmm.Tell(VhostUserRequest.SetVringCall, FrontEnd.Number(1), vmm.Calls[1]);
            vmm.Tell(VhostUserRequest.SetVringKick, FrontEnd.Number(1), vmm.Kicks[1]);
            vmm.Tell(VhostUserRequest.SetVringErr, FrontEnd.Number(1), vmm.Calls[0]);
        }

        Assert.Equal(open + 1, CountDescriptors()); // that of errors
    }

    [Fact]
    public void Memory_ThatMayShrink_IsRefusedWithTheRemedy()
    {
        using FrontEnd vmm = new(_bench, new SharedMemory(seals: 0));
        vmm.Negotiate();
        vmm.Write(
            FrontEnd.Message(
                VhostUserRequest.SetMemTable, FrontEnd.Table(vmm.Region()), needsReply: true),
            vmm.Memory.Descriptor);
        Assert.Equal(1ul, vmm.ReadNumber(VhostUserRequest.SetMemTable));
        _bench.Until(vmm.IsClosed, "it is disconnected");
        string report = Assert.Single(_bench.Reports);
        Assert.Contains("memory-backend-memfd,share=on,seal=on", report, StringComparison.Ordinal);
        Assert.Contains("--memory-zone", report, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_InAnotherFile_IsTrustedAndThatIsSaidOnce()
    {
        for (int i = 0; i < 2; i++)
        {
            using FrontEnd vmm = new(_bench);
            string path = _bench.Path("memory");
            File.WriteAllBytes(path, new byte[vmm.Memory.LengthBytes]);
            int file = vmm.Own(Files.Open(path, Files.ReadWrite));
            vmm.Negotiate();
            vmm.Tell(VhostUserRequest.SetMemTable, FrontEnd.Table(vmm.Region()), file);
        }

        Assert.Contains("trusted", Assert.Single(_bench.Reports), StringComparison.Ordinal);
    }

    [Fact]
    public void Vmm_RefusedAgainAndAgain_IsReportedOnce()
    {
        for (int i = 0; i < 5; i++)
        {
            using FrontEnd vmm = new(_bench);
            vmm.Write(FrontEnd.Message(VhostUserRequest.GetFeatures, [1]));
            _bench.Until(vmm.IsClosed, "it is disconnected");
        }

        Assert.Single(_bench.Reports);
    }

    [Fact]
    public void Guest_BreakingTheRules_StopsItsQueueUntilItIsStartedAgain()
    {
        using FrontEnd guest = new FrontEnd(_bench).Boot();
        int error = guest.Own(Epoll.CreateEvent());
        guest.Tell(VhostUserRequest.SetVringErr, FrontEnd.Number(1), error);
        guest.Transmit.Describe(5, 0, 100, 0);
        guest.Transmit.Offer(5);
        guest.Kick(1);
        _bench.Until(() => _bench.Reports.Count == 1, "it is reported");
        Assert.Contains("ring 1", _bench.Reports[0], StringComparison.Ordinal);
        Assert.Equal(1, FrontEnd.TakeSignals(error));
        guest.Send(Frame(1));
        _bench.Settle();
        Assert.Empty(_bench.Frames);

        guest.AddBuffers(1); // the other one goes on
        Assert.True(TrySend(_bench.Opened[0], Frame(1)));

        guest.StopRing(1);
        guest.Transmit.BeginAt(0);
        guest.StartRing(1);
        guest.Send(Frame(2));
        _bench.Until(() => _bench.Frames.Count == 1, "it is served again");
        Assert.Single(_bench.Reports);
        Assert.Empty(_bench.Closed);
    }

    private static int CountDescriptors() =>
        Directory.GetFileSystemEntries("/proc/self/fd").Length;
}
