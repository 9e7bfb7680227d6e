using Slipway.Engine;
using Slipway.Links;
using Slipway.Linux;
using Slipway.Wire;

namespace Slipway;

/// <summary>
/// TAPs that are made before the sandbox, which forbids it: in other namespaces, and as root.
/// </summary>
internal static class PreparedLinks
{
    /// <summary>Makes them and notes their descriptors.</summary>
    /// <exception cref="ConfigurationException">One cannot be made.</exception>
    /// <exception cref="HostRefusal">One cannot be made without root.</exception>
    public static void Open(EngineConfiguration configuration, SandboxHandover handover)
    {
        EngineConfiguration opened = RootlessTap.Open(configuration);
        IpAddress address = configuration.FirstGuest;
        for (int i = 0; i < configuration.Links.Count; i++)
        {
            switch (opened.Links[i])
            {
                case TapLinkSpecification tap:
                    handover.AddTap(i, Make(configuration, tap, address));
                    break;
                case DescriptorLinkSpecification given
                    when configuration.Links[i] is TapLinkSpecification:
                    handover.AddGiven(i, given.Descriptor);
                    break;
                default:
                    break;
            }

            bool isTap = opened.Links[i] is TapLinkSpecification
                or DescriptorLinkSpecification { Framing: LinkFraming.Tap };
            address = isTap ? new IpAddress(address.High, address.Low + 1) : address;
        }
    }

    /// <summary>The configuration in the sandbox, with the devices that have been made.</summary>
    public static EngineConfiguration Take(
        EngineConfiguration configuration, SandboxHandover handover)
    {
        LinkSpecification[] links = [.. configuration.Links];
        for (int i = 0; i < links.Length; i++)
        {
            if (links[i] is TapLinkSpecification tap)
            {
                links[i] = handover.GivenFor(i) is int descriptor
                    ? RootlessTap.Given(tap, descriptor)
                    : tap with { Opened = handover.TapOf(i) };
            }
        }

        return configuration with
        {
            Links = links,
            Sandbox = configuration.Sandbox with { IsEntered = true },
        };
    }

    private static IEnumerable<int> Make(
        EngineConfiguration configuration, TapLinkSpecification tap, IpAddress address)
    {
        try
        {
            List<TapDevice> queues = TapLink.Make(new TapSettings
            {
                Name = tap.Name,
                NetworkNamespace = tap.NetworkNamespace,
                Configure = tap.Configure,
                Address = address,
                Subnet = configuration.Subnet,
                Gateway = configuration.Gateway,
                MtuBytes = configuration.MtuBytes,
                Queues = configuration.Workers,
            });
            return queues.Select(queue => queue.Descriptor);
        }
        catch (LinkException e)
        {
            throw new ConfigurationException(tap.Key, tap.ToString(), e.Message, e);
        }
    }
}
