using System.Globalization;

namespace Slipway.Engine;

/// <summary>A descriptor that the engine was started with, connected to one guest.</summary>
/// <param name="Descriptor">Its number.</param>
/// <param name="Framing">How frames are told apart on it.</param>
public sealed record DescriptorLinkSpecification(int Descriptor, LinkFraming Framing)
    : LinkSpecification
{
    /// <summary>All framings, for messages.</summary>
    internal const string Framings = "stream|dgram|seqpacket|vpnkit|connect|tap|vhost-user";

    /// <summary>What it is called in messages, where a copy of it is used.</summary>
    public int Number { get; init; } = Descriptor;

    /// <summary>Of a TAP: whether offloads are used, as for one that is named.</summary>
    public bool Offload { get; init; } = true;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"fd:{Number},framing={Name(Framing)}");

    internal static DescriptorLinkSpecification ParseDescriptor(
        string key, string text, string what)
    {
        LinkFraming? framing = null;
        string number = ParseOptions(key, text, what, "framing=" + Framings, (name, value) =>
        {
            framing = value switch
            {
                "stream" => LinkFraming.Stream,
                "dgram" => LinkFraming.Datagram,
                "seqpacket" => LinkFraming.SeqPacket,
                "vpnkit" => LinkFraming.Vpnkit,
                "connect" => LinkFraming.Connect,
                "tap" => LinkFraming.Tap,
                "vhost-user" => LinkFraming.VhostUser,
                _ => null,
            };
            return name == "framing" && framing is not null;
        });

        if (!int.TryParse(
            number, NumberStyles.None, CultureInfo.InvariantCulture, out int descriptor))
        {
            throw new ConfigurationException(
                key, text,
                $"'{number}' is not a descriptor; write for example fd:3,framing=stream");
        }

        return new DescriptorLinkSpecification(
            descriptor,
            framing ?? throw new ConfigurationException(
                key, text,
                $"does not say how frames are told apart; add framing={Framings}"));
    }

    internal static string Name(LinkFraming framing) => framing switch
    {
        LinkFraming.Stream => "stream",
        LinkFraming.Datagram => "dgram",
        LinkFraming.SeqPacket => "seqpacket",
        LinkFraming.Vpnkit => "vpnkit",
        LinkFraming.Connect => "connect",
        LinkFraming.VhostUser => "vhost-user",
        _ => "tap",
    };
}
