using System.Runtime.InteropServices;
using System.Text.Unicode;
using Slipway.Engine;
using Slipway.Wire;

namespace Slipway.Abi;

/// <summary>Services at addresses and names, and intercepted traffic.</summary>
internal static unsafe partial class Exports
{
    [UnmanagedCallersOnly(EntryPoint = "slipway_service_add")]
    public static int AddService(ulong engine, byte* json, uint* id, byte* address) => Call(() =>
    {
        // Before anything is added that nobody would know of.
        Argument.Optional(id, "id");
        ServiceEntry service = OutsideTurn(engine).Engine.AddService(Argument.Text(json, "json"));
        if (id is not null)
        {
            *id = (uint)service.Id;
        }

        if (address is not null)
        {
            service.Specification.Destinations[0].Network.WriteIPv6(new Span<byte>(address, 16));
        }
    });

    [UnmanagedCallersOnly(EntryPoint = "slipway_service_remove")]
    public static int RemoveService(ulong engine, uint id) => Call(() => Check(
        OutsideTurn(engine).Engine.RemoveService((int)id), Status.NotFound,
        $"there is no service {id}"));

    [UnmanagedCallersOnly(EntryPoint = "slipway_services_list")]
    public static int ListServices(
        ulong engine, ServiceRecord* list, nuint elementSize, uint capacity, uint* count) => Call(
            () => List(
                list, elementSize, capacity, count, () => EngineOf(engine).Engine.Services,
                ToRecord));

    private static ServiceRecord ToRecord(ServiceEntry service)
    {
        ServiceSpecification one = service.Specification;
        IpPrefix destination = one.Destinations[0];
        ServiceRecord record = default;
        destination.Network.WriteIPv6(new Span<byte>(record.Address, 16));
        record.Id = (uint)service.Id;
        record.Protocol = (byte)one.Target.Protocol;
        record.IsVirtual = one.IsVirtual ? (byte)1 : (byte)0;
        record.PrefixBits = (ushort)destination.Length;
        record.FirstPort = one.Ports.First;
        record.LastPort = one.Ports.Last;
        Utf8.FromUtf16(
            one.Name ?? "", new Span<byte>(record.Name, ServiceRecord.NameBytes - 1), out _,
            out _);
        Utf8.FromUtf16(
            one.Target.Text, new Span<byte>(record.Target, ServiceRecord.TargetBytes - 1), out _,
            out _);
        return record;
    }
}
