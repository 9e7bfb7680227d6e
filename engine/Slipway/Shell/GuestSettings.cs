using System.Globalization;
using Slipway.Engine;
using Slipway.Wire;

namespace Slipway;

/// <summary>
/// What the guest's side is told by the program that starts it: words, since it is started by
/// execve through unshare(1) or nsenter(1). Both ends are of one binary, so there are no versions.
/// </summary>
/// <param name="Channel">The inherited socket to the parent.</param>
/// <param name="ParentId">The parent, with whom the guest ends.</param>
/// <param name="Device">The TAP's name.</param>
/// <param name="Address">The guest's address; null leaves the device as it is made.</param>
/// <param name="Subnet">Its network.</param>
/// <param name="Gateway">The router and DNS server.</param>
/// <param name="MtuBytes">The device's MTU.</param>
/// <param name="Search">Domains for resolv.conf, joined by spaces.</param>
/// <param name="Command">What the guest's side becomes; empty makes the TAP only.</param>
internal sealed record GuestSettings(
    int Channel, int ParentId, string Device, IpAddress? Address, IpPrefix Subnet,
    IpAddress Gateway, int MtuBytes, string Search, string[] Command)
{
    public static GuestSettings For(
        EngineConfiguration configuration, string device, bool configure, int channel,
        string[] command) => new(
            channel, Environment.ProcessId, device, configure ? configuration.FirstGuest : null,
            configuration.Subnet, configuration.Gateway, configuration.MtuBytes,
            string.Join(' ', configuration.Dhcp.FindSearchList().Prepend(configuration.Dhcp.Domain)
                .Distinct()),
            command);

    public string[] ToWords() =>
    [
        Number(Channel), Number(ParentId), Device, Address?.ToString() ?? "-", Subnet.ToString(),
        Gateway.ToString(), Number(MtuBytes), Search, .. Command,
    ];

    /// <summary>
    /// Reads the words again; null when they are not what <see cref="ToWords"/> makes.
    /// </summary>
    public static GuestSettings? FromWords(string[] words)
    {
        const int FixedWords = 8;
        return words.Length >= FixedWords && int.TryParse(words[0], out int channel)
            && int.TryParse(words[1], out int parent)
                && IpPrefix.TryParse(words[4], out IpPrefix subnet)
            && IpAddress.TryParse(words[5], out IpAddress gateway)
                && int.TryParse(words[6], out int mtuBytes)
            ? new GuestSettings(
                channel, parent, words[2], IpAddress.TryParse(words[3], out IpAddress address)
                    ? address : null,
                subnet, gateway, mtuBytes, words[7], words[FixedWords..])
            : null;
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
