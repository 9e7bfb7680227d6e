using System.Globalization;

namespace Slipway.Engine;

/// <summary>A TAP device, made in this network namespace or another.</summary>
/// <param name="Name">The interface's name.</param>
public sealed record TapLinkSpecification(string Name) : LinkSpecification
{
    /// <summary>IFNAMSIZ less the final zero.</summary>
    private const int MaxNameLength = 15;

    /// <summary>
    /// The namespace's path (/run/netns/web, /proc/42/ns/net); null for the engine's own.
    /// </summary>
    public string? NetworkNamespace { get; init; }

    /// <summary>The process whose namespace it is, where one was named by its number.</summary>
    public int? ProcessId { get; init; }

    /// <summary>
    /// Whether the device is given its address, route and MTU; else the guest asks by DHCP.
    /// </summary>
    public bool Configure { get; init; } = true;

    /// <summary>
    /// Whether checksums and the cutting of segments are left to the device, both ways.
    /// </summary>
    public bool Offload { get; init; } = true;

    /// <summary>
    /// The device's queues where it has been made already, by who had the right; empty to make it.
    /// </summary>
    public IReadOnlyList<int> Opened { get; init; } = [];

    public override string ToString() => $"tap:{Name}"
        + (NetworkNamespace is null ? "" : $",netns={NetworkNamespace}")
            + (Configure ? "" : ",configure=no") + (Offload ? "" : ",offload=no");

    internal static TapLinkSpecification ParseTap(string key, string text, string what)
    {
        string? netns = null;
        bool configure = true;
        bool offload = true;
        string device = ParseOptions(
            key, text, what,
            "netns=PATH|PID, configure=no or offload=no, and behind them group=NAME or isolated",
            (name, value) =>
        {
            switch (name, value)
            {
                case ("netns", { Length: > 0 }):
                    netns = value;
                    return true;
                case ("configure", "yes" or "no"):
                    configure = value == "yes";
                    return true;
                case ("offload", "yes" or "no"):
                    offload = value == "yes";
                    return true;
                default:
                    return false;
            }
        });

        CheckName(key, text, device);
        TapLinkSpecification tap = new(device)
        {
            Configure = configure, NetworkNamespace = netns, Offload = offload,
        };
        return int.TryParse(
            netns, NumberStyles.None, CultureInfo.InvariantCulture, out int processId)
            ? tap with
            {
                ProcessId = processId,
                NetworkNamespace = string.Create(
                    CultureInfo.InvariantCulture, $"/proc/{processId}/ns/net"),
            }
            : tap;
    }

    /// <summary>
    /// The kernel's own rule (dev_valid_name), and no '%', which it would fill in.
    /// </summary>
    private static void CheckName(string key, string text, string name)
    {
        bool valid = name.Length is > 0 and <= MaxNameLength && name is not ("." or "..");
        foreach (char c in name)
        {
            valid &= c is > ' ' and < (char)0x7f and not ('/' or ':' or '%');
        }

        if (!valid)
        {
            throw new ConfigurationException(
                key, text,
                $"'{name}' is not an interface's name: 1 to {MaxNameLength} characters without "
                    + "'/', ':' and spaces; write for example tap:tap0");
        }
    }
}
