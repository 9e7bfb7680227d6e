using System.Runtime.InteropServices;
using Slipway.Engine;
using Slipway.Wire;

namespace Slipway.Abi;

/// <summary>Published ports and names.</summary>
internal static unsafe partial class Exports
{
    [UnmanagedCallersOnly(EntryPoint = "slipway_publish")]
    public static int Publish(
        ulong engine, byte* publication, uint* id, ushort* hostPort) => Call(() =>
        {
            // Before anything is opened that nobody would know of.
            Argument.Optional(id, "id");
            Argument.Optional(hostPort, "host_port");
            PublishedPort port = OutsideTurn(engine).Engine.PublishPort(
                PublishSpecification.Parse(
                    "publication", Argument.Text(publication, "publication")));
            if (id is not null)
            {
                *id = (uint)port.Id;
            }

            if (hostPort is not null)
            {
                *hostPort = port.Host.Port;
            }
        });

    [UnmanagedCallersOnly(EntryPoint = "slipway_unpublish")]
    public static int Unpublish(ulong engine, uint id) => Call(() => Check(
        OutsideTurn(engine).Engine.UnpublishPort((int)id), Status.NotFound,
        $"no port is published as {id}"));

    [UnmanagedCallersOnly(EntryPoint = "slipway_dns_set")]
    public static int SetName(ulong engine, byte* name, byte* addresses) => Call(() =>
    {
        EngineHandle owner = EngineOf(engine);
        string text = Name(name);
        List<IpAddress> all = [];
        foreach (string part in Argument.Text(addresses, "addresses").Split(','))
        {
            bool isAddress = IpAddress.TryParse(part.Trim(), out IpAddress address);
            Check(isAddress, Status.InvalidArgument, $"'{part}' is not an IP address");
            all.Add(address);
        }

        Check(
            owner.Engine.SetDnsRecord(text, all), Status.InUse,
            $"{text} is built in, configured or a service's, and stays as it is");
    });

    [UnmanagedCallersOnly(EntryPoint = "slipway_dns_remove")]
    public static int RemoveName(ulong engine, byte* name) => Call(() =>
    {
        string text = Name(name);
        Check(
            EngineOf(engine).Engine.RemoveDnsRecord(text), Status.NotFound,
            $"{text} was not added");
    });

    private static string Name(byte* pointer)
    {
        string text = Argument.Text(pointer, "name");
        Check(
            DomainName.TryParse(text, stackalloc byte[DomainName.MaxLengthBytes], out _),
            Status.InvalidArgument, $"'{text}' is not a domain name");
        return text;
    }
}
