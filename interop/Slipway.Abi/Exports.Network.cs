using System.Runtime.InteropServices;
using Slipway.Engine;
using Slipway.Wire;

namespace Slipway.Abi;

/// <summary>Published ports and names.</summary>
internal static unsafe partial class Exports
{
    [UnmanagedCallersOnly(EntryPoint = "slipway_publish")]
    public static int Publish(ulong engine, byte* publication, uint* id, ushort* hostPort)
    {
        try
        {
            // Before anything is opened that nobody would know of.
            if (id is not null)
            {
                Argument.Pointer(id, "id");
            }

            if (hostPort is not null)
            {
                Argument.Pointer(hostPort, "host_port");
            }

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

            return (int)Status.Ok;
        }
        catch (Exception e)
        {
            return LastError.Set(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "slipway_unpublish")]
    public static int Unpublish(ulong engine, uint id)
    {
        try
        {
            return (int)Check(
                OutsideTurn(engine).Engine.UnpublishPort((int)id), Status.NotFound,
                $"no port is published as {id}");
        }
        catch (Exception e)
        {
            return LastError.Set(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "slipway_dns_set")]
    public static int SetName(ulong engine, byte* name, byte* addresses)
    {
        try
        {
            EngineHandle owner = EngineOf(engine);
            string text = Argument.Text(name, "name");
            List<IpAddress> all = [];
            foreach (string part in Argument.Text(addresses, "addresses").Split(','))
            {
                bool isAddress = IpAddress.TryParse(part.Trim(), out IpAddress address);
                Check(isAddress, Status.InvalidArgument, $"'{part}' is not an IP address");
                all.Add(address);
            }

            return (int)Check(
                owner.Engine.SetDnsRecord(text, all), Status.InUse,
                $"{text} is built in or configured, and stays as it is");
        }
        catch (ArgumentException e)
        {
            return LastError.Set(Status.InvalidArgument, e.Message);
        }
        catch (Exception e)
        {
            return LastError.Set(e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "slipway_dns_remove")]
    public static int RemoveName(ulong engine, byte* name)
    {
        try
        {
            string text = Argument.Text(name, "name");
            return (int)Check(
                EngineOf(engine).Engine.RemoveDnsRecord(text), Status.NotFound,
                $"{text} was not added");
        }
        catch (ArgumentException e)
        {
            return LastError.Set(Status.InvalidArgument, e.Message);
        }
        catch (Exception e)
        {
            return LastError.Set(e);
        }
    }
}
