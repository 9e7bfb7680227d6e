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
    public static int ReadStatistics(ulong engine, Statistics* stats)
    {
        try
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
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Set(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "slipway_counter_name")]
    public static byte* GetCounterName(uint index) =>
        index < s_reasonNames.Length ? s_reasonNames[index] : null;

    [UnmanagedCallersOnly(EntryPoint = "slipway_counter_read")]
    public static int ReadCounter(ulong engine, uint index, ulong* count)
    {
        try
        {
            Argument.Pointer(count, "count");
            Check(index < s_reasons.Length, Status.NotFound, $"there is no counter {index}");
            *count = (ulong)EngineOf(engine).Engine.Counters.Dropped(s_reasons[index]);
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Set(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "slipway_flows_list")]
    public static int ListFlows(
        ulong engine, FlowRecord* list, nuint elementSize, uint capacity, uint* count)
    {
        try
        {
            CheckList(list, elementSize, capacity, count);
            IReadOnlyList<FlowEntry> flows = EngineOf(engine).Engine.ListFlows();
            for (int i = 0; i < flows.Count && i < capacity; i++)
            {
                FlowRecord record = default;
                FlowKey key = flows[i].Key;
                key.Guest.Address.WriteIPv6(new Span<byte>(record.Guest, 16));
                key.Remote.Address.WriteIPv6(new Span<byte>(record.Remote, 16));
                record.GuestPort = key.Guest.Port;
                record.RemotePort = key.Remote.Port;
                record.Protocol = (byte)key.Protocol;
                record.TcpState = flows[i].State switch
                {
                    null => 0,
                    TcpState.SynHeld or TcpState.SynSent or TcpState.SynReceived => 1,
                    TcpState.Established => 2,
                    _ => 3,
                };
                WriteElement(list, elementSize, i, record);
            }

            *count = (uint)flows.Count;
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Set(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "slipway_leases_list")]
    public static int ListLeases(
        ulong engine, LeaseRecord* list, nuint elementSize, uint capacity, uint* count)
    {
        try
        {
            CheckList(list, elementSize, capacity, count);
            IReadOnlyList<LeaseEntry> leases = EngineOf(engine).Engine.ListLeases();
            for (int i = 0; i < leases.Count && i < capacity; i++)
            {
                LeaseRecord record = default;
                leases[i].Address.WriteIPv6(new Span<byte>(record.Address, 16));
                leases[i].Mac.Write(new Span<byte>(record.Mac, 6));
                record.ExpiresSeconds = leases[i].ExpiresSeconds;
                Utf8.FromUtf16(
                    leases[i].HostName ?? "",
                    new Span<byte>(record.Name, LeaseRecord.NameBytes - 1), out _, out _);
                WriteElement(list, elementSize, i, record);
            }

            *count = (uint)leases.Count;
            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Set(e);
        }
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

    private static void CheckList<T>(T* list, nuint elementSize, uint capacity, uint* count)
        where T : unmanaged
    {
        Argument.Pointer(count, "count");
        if (capacity > 0)
        {
            Argument.Pointer(list, "list");
        }

        Check(
            elementSize is >= 32 and <= 4096, Status.StructSize,
            $"element_size {elementSize} is not the size of a struct; pass sizeof");
    }

    // As much of a struct as the caller knows; what the caller knows more of is 0.
    private static void WriteElement<T>(T* list, nuint elementSize, int index, T value)
        where T : unmanaged
    {
        byte* place = (byte*)list + ((nuint)index * elementSize);
        Unsafe.InitBlockUnaligned(place, 0, (uint)elementSize);
        Unsafe.CopyBlockUnaligned(
            place, &value, (uint)Math.Min(elementSize, (nuint)sizeof(T)));
    }
}
