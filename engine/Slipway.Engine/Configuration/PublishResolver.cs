using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>Published ports: which guest they lead to, and which would take another's.</summary>
internal static class PublishResolver
{
    public static List<PublishSpecification> Resolve(
        ConfigurationDocument document, CommandLineSettings commandLine,
        EngineConfiguration configuration)
    {
        List<PublishSpecification> published = [];
        foreach ((string key, string text) in
            ConfigurationResolver.Entries(
                "publish", document.Publish, "--publish", commandLine.Publish))
        {
            PublishSpecification one = PublishSpecification.Parse(key, text);
            Check(one, configuration);
            foreach (PublishSpecification other in published)
            {
                if (Collide(one, other))
                {
                    throw new ConfigurationException(
                        key, text,
                        $"takes the same host port as {other.Key} {other}; choose another host "
                            + "port or address");
                }
            }

            published.Add(one);
        }

        return published;
    }

    /// <summary>Refuses a publication that leads to no guest's address.</summary>
    public static void Check(
        PublishSpecification one, EngineConfiguration configuration)
    {
        if (one.Guest.Address.IsUnspecified)
        {
            return;
        }

        ConfigurationResolver.CheckGuest(
            one.Key, one.ToString(), one.Guest.Address, configuration);
        foreach (ServiceSpecification service in configuration.Services)
        {
            if (service.IsVirtual && service.Address == one.Guest.Address)
            {
                throw new ConfigurationException(
                    one.Key, one.ToString(),
                    $"leads to the address of {service.Key}; choose a guest's");
            }
        }
    }

    private static bool Collide(PublishSpecification one, PublishSpecification other)
    {
        bool areNamed = one.Path is not null || one.Descriptor is not null
            || other.Path is not null || other.Descriptor is not null;
        IpAddress own = one.Host.Address;
        IpAddress its = other.Host.Address;
        return areNamed ? one.Path == other.Path && one.Descriptor == other.Descriptor
            : one.Protocol == other.Protocol && one.Host.Port != 0
                && !one.TakesFirstFree && !other.TakesFirstFree
                && one.Host.Port < other.Host.Port + other.HostPorts
                && other.Host.Port < one.Host.Port + one.HostPorts
                && (own == its || ((own.IsUnspecified || its.IsUnspecified)
                    && own.IsIPv4 == its.IsIPv4));
    }
}
