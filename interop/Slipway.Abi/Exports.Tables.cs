using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Unicode;
using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Abi;

/// <summary>What goes on in an engine.</summary>
internal static unsafe partial class Exports
{
    private static readonly DropReason[] s_reasons = Enum.GetValues<DropReason>();
    private static readonly byte*[] s_reasonNames = MakeReasonNames();

    [UnmanagedCallersOnly(EntryPoint = "slipway_stats_read")]
    public static int ReadStatistics(ulong engine, Statistics* stats) => Call(() =>
    {
        Counters counters = EngineOf(engine).Engine.Counters;
        Argument.Write(stats, "stats", new Statistics
        {
            FramesReceived = (ulong)counters.FramesReceived,
            BytesReceived = (ulong)counters.BytesReceived,
            FramesSent = (ulong)counters.FramesSent,
            BytesSent = (ulong)counters.BytesSent,
            FramesDropped = (ulong)s_reasons.Sum(counters.Dropped),
            FramesMalformed = (ulong)Enum.GetValues<ParseError>().Sum(counters.Malformeds),
            TcpFlowsOpened = (ulong)counters.TcpFlowsOpened,
            TcpConnectsFailed = (ulong)counters.TcpConnectsFailed,
            TcpSegmentsRetransmitted = (ulong)counters.TcpSegmentsRetransmitted,
            UdpFlowsOpened = (ulong)counters.UdpFlowsOpened,
            UdpFlowsEvicted = (ulong)counters.UdpFlowsEvicted,
            EchoFlowsOpened = (ulong)counters.EchoFlowsOpened,
        });
    });

    [UnmanagedCallersOnly(EntryPoint = "slipway_counter_name")]
    public static byte* GetCounterName(uint index) =>
        index < s_reasonNames.Length ? s_reasonNames[index] : null;

    [UnmanagedCallersOnly(EntryPoint = "slipway_counter_read")]
    public static int ReadCounter(ulong engine, uint index, ulong* count) => Call(() =>
    {
        Argument.Pointer(count, "count");
        Check(index < s_reasons.Length, Status.NotFound, $"there is no counter {index}");
        *count = (ulong)EngineOf(engine).Engine.Counters.Dropped(s_reasons[index]);
    });

    [UnmanagedCallersOnly(EntryPoint = "slipway_flows_list")]
    public static int ListFlows(
        ulong engine, FlowRecord* list, nuint elementSize, uint capacity, uint* count) => Call(
            () => List(
                list, elementSize, capacity, count, EngineOf(engine).Engine.ListFlows, ToRecord));

    [UnmanagedCallersOnly(EntryPoint = "slipway_leases_list")]
    public static int ListLeases(
        ulong engine, LeaseRecord* list, nuint elementSize, uint capacity, uint* count) => Call(
            () => List(
                list, elementSize, capacity, count, EngineOf(engine).Engine.ListLeases, ToRecord));

    private static FlowRecord ToRecord(FlowEntry flow)
    {
        FlowRecord record = default;
        flow.Key.Guest.Address.WriteIPv6(new Span<byte>(record.Guest, 16));
        flow.Key.Remote.Address.WriteIPv6(new Span<byte>(record.Remote, 16));
        record.GuestPort = flow.Key.Guest.Port;
        record.RemotePort = flow.Key.Remote.Port;
        record.Protocol = (byte)flow.Key.Protocol;
        record.TcpState = flow.State switch
        {
            null => 0,
            TcpState.SynHeld or TcpState.SynSent or TcpState.SynReceived => 1,
            TcpState.Established => 2,
            _ => 3,
        };
        return record;
    }

    private static LeaseRecord ToRecord(LeaseEntry lease)
    {
        LeaseRecord record = default;
        lease.Address.WriteIPv6(new Span<byte>(record.Address, 16));
        lease.Mac.Write(new Span<byte>(record.Mac, 6));
        record.ExpiresSeconds = lease.ExpiresSeconds;
        Utf8.FromUtf16(
            lease.HostName ?? "", new Span<byte>(record.Name, LeaseRecord.NameBytes - 1), out _,
            out _);
        return record;
    }

    private static byte*[] MakeReasonNames()
    {
        byte*[] names = new byte*[s_reasons.Length];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = Constant(s_reasons[i].ToString());
        }

        return names;
    }

    // As much of each struct as the caller knows; what the caller knows more of is 0.
    private static void List<TItem, TRecord>(
        TRecord* list, nuint elementSize, uint capacity, uint* count,
        Func<IReadOnlyList<TItem>> read, Func<TItem, TRecord> toRecord)
        where TRecord : unmanaged
    {
        Argument.Pointer(count, "count");
        if (capacity > 0)
        {
            Argument.Pointer(list, "list");
        }

        Check(
            elementSize is >= 32 and <= 4096, Status.StructSize,
            $"element_size {elementSize} is not the size of a struct; pass sizeof");
        IReadOnlyList<TItem> items = read();
        for (int i = 0; i < items.Count && i < capacity; i++)
        {
            TRecord record = toRecord(items[i]);
            byte* place = (byte*)list + ((nuint)i * elementSize);
            Unsafe.InitBlockUnaligned(place, 0, (uint)elementSize);
            Unsafe.CopyBlockUnaligned(
                place, &record, (uint)Math.Min(elementSize, (nuint)sizeof(TRecord)));
        }

        *count = (uint)items.Count;
    }
}
