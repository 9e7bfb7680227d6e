using System.Globalization;
using Slipway.Engine;
using Slipway.Wire;

namespace Slipway;

/// <summary>
/// Makes TAPs in the namespaces of other processes for a user who is not root: through nsenter(1),
/// where the process's user namespace belongs to the user. The engine then gets the descriptor.
/// </summary>
internal static class RootlessTap
{
    /// <summary>The configuration with such links replaced by their descriptors.</summary>
    /// <exception cref="ConfigurationException">The namespace cannot be entered without
    /// root.</exception>
    /// <exception cref="HostRefusal">nsenter(1) or the TAP failed.</exception>
    public static EngineConfiguration Open(EngineConfiguration configuration)
    {
        if (UserNamespaces.IsPrivileged)
        {
            return configuration;
        }

        // TAPs have the first addresses, in the order of the links, as the engine gives them.
        IpAddress address = configuration.FirstGuest;
        LinkSpecification[] links = [.. configuration.Links];
        for (int i = 0; i < links.Length; i++)
        {
            if (links[i] is TapLinkSpecification { NetworkNamespace: not null } tap)
            {
                links[i] = Open(configuration with { FirstGuest = address }, tap);
            }

            bool isTap = links[i] is TapLinkSpecification
                or DescriptorLinkSpecification { Framing: LinkFraming.Tap };
            address = isTap ? new IpAddress(address.High, address.Low + 1) : address;
        }

        return configuration with { Links = links };
    }

    private static DescriptorLinkSpecification Open(
        EngineConfiguration configuration, TapLinkSpecification tap)
    {
        int processId = tap.ProcessId ?? OwnerOf(tap.NetworkNamespace!)
            ?? throw new ConfigurationException(
                tap.Key, tap.ToString(),
                "only root can enter a namespace by this path; name a process in it, netns=PID, "
                    + "or run as root");
        string nsenter = ProgramPath.Find("nsenter") ?? throw new HostRefusal(
            "nsenter is not installed; install it with `apt-get install util-linux`");
        string target = processId.ToString(CultureInfo.InvariantCulture);
        using GuestProcess guest = GuestProcess.Start(
            [nsenter, "--preserve-credentials", "--user", "--net", "--target", target],
            channel => GuestSettings.For(configuration, tap.Name, tap.Configure, channel, []),
            () => $"{tap}: process {target} must run, in a user namespace of yours; else run "
                + "slipway as root");
        _ = guest.Wait();
        return Given(tap, guest.TapDescriptor);
    }

    /// <summary>The link of a TAP that has been made.</summary>
    public static DescriptorLinkSpecification Given(TapLinkSpecification tap, int descriptor) =>
        new(descriptor, LinkFraming.Tap) { Key = tap.Key, Offload = tap.Offload };

    /// <summary>The process of /proc/PID/ns/net.</summary>
    private static int? OwnerOf(string path) =>
        path.Split('/') is ["", "proc", string number, "ns", "net"]
            && int.TryParse(
                number, NumberStyles.None, CultureInfo.InvariantCulture, out int processId)
            ? processId : null;
}
