using System.Globalization;
using Slipway.Linux;

namespace Slipway.Links;

/// <summary>
/// The guest's memory, as files of the VMM that are mapped here.
/// <code>
///   region: guest address u64 | size u64 | user address u64 | offset in the file u64
///   SET_MEM_TABLE: count u32 | padding u32 | regions      ADD_MEM_REG: padding u64 | region
/// </code>
/// </summary>
internal sealed partial class VhostUserConnection
{
    private const int RegionBytes = 32;

    // QEMU's option is on by default; crosvm always seals; cloud-hypervisor does so since its pull
    // request 8841 of September 2026, and before that has no option for it: a file of tmpfs is
    // trusted instead.
    private const string UnsealedRemedy = "shares its guest's memory as a memfd that may shrink, "
        + "which would end the engine. It must be sealed with F_SEAL_SHRINK: QEMU does with "
        + "-object memory-backend-memfd,share=on,seal=on; crosvm always does; cloud-hypervisor "
        + "does in its newest versions with --memory shared=on, and older ones can give a file "
        + "instead: --memory size=0 --memory-zone id=ram,size=SIZE,shared=on,file=/dev/shm";

    private string? SetMemTable()
    {
        _receiveQueue.Forget();
        _memory.Clear();
        string? mistake = null;
        for (int i = 0; i < _message.DescriptorCount && mistake is null; i++)
        {
            mistake = AddRegion(sizeof(ulong) + (i * RegionBytes), i);
        }

        RemapRings();
        return mistake;
    }

    // QEMU 7.2 adds and removes a region once for each pair of queues.
    private string? AddMemReg()
    {
        if (_memory.Contains(_message.U64(8), _message.U64(24), _message.U64(16)))
        {
            return null;
        }

        _receiveQueue.Forget();
        string? mistake = AddRegion(sizeof(ulong), 0);
        RemapRings();
        return mistake;
    }

    private string? RemMemReg()
    {
        _receiveQueue.Forget();
        _ = _memory.TryRemove(_message.U64(8), _message.U64(24), _message.U64(16));
        RemapRings();
        return null;
    }

    // What was mapped before may have moved or gone. A ring that is no longer mapped waits for the
    // VMM to set it up again.
    private void RemapRings()
    {
        foreach (VhostUserRing ring in _rings)
        {
            if (ring.Ring.IsRunning && !ring.Ring.TryMap(_memory, ring.Layout))
            {
                ring.Base = ring.Ring.Next;
                ring.Ring.Stop();
            }
        }
    }

    private string? AddRegion(int offset, int descriptorIndex)
    {
        ulong lengthBytes = _message.U64(offset + 8);
        ulong fileOffset = _message.U64(offset + 24);
        ulong mappedBytes = lengthBytes + fileOffset;
        if (mappedBytes < lengthBytes || mappedBytes > long.MaxValue)
        {
            return "describes a region of memory that no file can hold";
        }

        int file = _message.TakeDescriptor(descriptorIndex);
        string? refusal = CheckFile(file, (long)mappedBytes);
        nint mapping = refusal is null ? MemoryMapping.Map(file, mappedBytes) : 0;
        Files.Close(file);
        if (refusal is not null || mapping < 0)
        {
            return refusal
                ?? $"shares memory that cannot be mapped ({SocketPath.Text((int)-mapping)})";
        }

        GuestRegion region = GuestRegion.At(
            mapping + (nint)fileOffset, _message.U64(offset), _message.U64(offset + 16),
            lengthBytes) with
        {
            Mapping = mapping,
            MappingBytes = mappedBytes,
        };
        if (_memory.TryAdd(region))
        {
            return null;
        }

        MemoryMapping.Unmap(mapping, mappedBytes);
        return "describes regions of memory that are empty, overlap or are too many";
    }

    // Touching a mapped page that its file has lost is SIGBUS, the end of the engine. A sealed
    // file cannot lose any; another is believed not to.
    private string? CheckFile(int file, long mappedBytes)
    {
        int seals = MemoryFiles.Seals(file);
        if (seals < 0 || (seals & MemoryFiles.SealShrink) == 0)
        {
            if (IsMemoryFile(file, seals))
            {
                return UnsealedRemedy;
            }

            _link.ReportTrust();
        }

        return MemoryFiles.LengthBytes(file) < mappedBytes
            ? "shares a file that is shorter than the memory it is to hold" : null;
    }

    // Files of tmpfs answer as memfds without seals do; what /proc calls them differs.
    private static bool IsMemoryFile(int file, int seals) => seals >= 0
        && ((seals & MemoryFiles.SealSeal) == 0
            || (new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{file}"))
                .LinkTarget?.StartsWith("/memfd:", StringComparison.Ordinal) ?? false));
}
