using System.Buffers.Binary;

namespace Slipway.Links.Tests;

/// <summary>What brought down other vhost-user back-ends, sent by a VMM.</summary>
[Collection(DescriptorCountCollection.Name)]
public sealed class VhostUserPeerFaultTests : IDisposable
{
    private const VhostUserRequest SetLogBase = (VhostUserRequest)6;

    private readonly LinkBench _bench = new();

    public VhostUserPeerFaultTests() => _bench.Start(
        VhostUserLink.Listen(_bench.Path("v"), LinkBench.MtuBytes, _bench.Reports.Add));

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(0x1000ul, ulong.MaxValue - 0xfff)]
    [InlineData(ulong.MaxValue, 0x1000ul)]
    [InlineData(0x8000_0000_0000_0000ul, 0x8000_0000_0000_0000ul)]
    public void LogBase_WhoseSizeAndOffsetWrap_IsRefusedAndMapsNothing(ulong size, ulong offset)
    {
        // CVE-2020-10722: the sum of size and offset wrapped, and what was mapped was too short.
        byte[] log = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(log, size);
        BinaryPrimitives.WriteUInt64LittleEndian(log.AsSpan(8), offset);
        using FrontEnd vmm = new(_bench);
        vmm.Negotiate();
        int open = CountDescriptors();
        vmm.Write(
            FrontEnd.Message(SetLogBase, log, needsReply: true), vmm.Memory.Descriptor);

        Assert.Equal(1ul, vmm.ReadNumber(SetLogBase));
        Assert.Equal(open, CountDescriptors());
        vmm.Boot();
    }

    [Fact]
    public void Descriptors_WithRequestsThatAreNotServed_AreClosedHoweverManyCome()
    {
        // CVE-2019-14818, CVE-2020-10724, CVE-2022-0669: eight with each message, 100,000 in all,
        // which a process may not have open.
        using FrontEnd vmm = new(_bench);
        vmm.Negotiate();
        int[] eight = [.. Enumerable.Repeat(vmm.Kicks[0], 8)];
        int open = CountDescriptors();
        byte[] message = FrontEnd.Message(SetLogBase, new byte[16], needsReply: true);
        for (int i = 0; i < 12_500; i++)
        {
            vmm.Write(message, eight);
            Assert.Equal(1ul, vmm.ReadNumber(SetLogBase));
        }

        // The runtime may have opened a few for itself.
        Assert.InRange(CountDescriptors(), 0, open + 8);
        vmm.Boot();
    }

    // What other tests have left to the collector is closed before.
    private static int CountDescriptors()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Directory.GetFileSystemEntries("/proc/self/fd").Length;
    }
}
