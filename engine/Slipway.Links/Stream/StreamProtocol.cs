using Slipway.Linux;
using Slipway.Wire;

namespace Slipway.Links;

/// <summary>What is spoken on a connected socket.</summary>
/// <remarks>
/// The protocols: <see cref="Stream"/>, <see cref="SeqPacket"/>, <see cref="Vpnkit"/> and
/// <see cref="Connect"/>.
/// </remarks>
public sealed class StreamProtocol
{
    private StreamProtocol(string name, StreamFraming framing, Func<StreamGreeting>? greet)
    {
        Name = name;
        Framing = framing;
        Greet = greet;
    }

    /// <summary>QEMU's -netdev stream, passt's guests, libkrun: a u32 length, big-endian.</summary>
    public static StreamProtocol Stream { get; } = new("stream", StreamFraming.Length32, null);

    /// <summary>BESS and UML: SOCK_SEQPACKET, a frame a packet.</summary>
    public static StreamProtocol SeqPacket { get; } = new("seqpacket", StreamFraming.Packets, null);

    /// <summary>
    /// gvforwarder to gvproxy: POST /connect, then a u16 length, little-endian.
    /// </summary>
    public static StreamProtocol Connect { get; } =
        new("connect", StreamFraming.Length16, () => new ConnectGreeting());

    /// <summary>For messages, and as a link's kind.</summary>
    public string Name { get; }

    internal StreamFraming Framing { get; }

    /// <summary>Begins what comes before frames; null when nothing does.</summary>
    internal Func<StreamGreeting>? Greet { get; }

    internal int SocketType =>
        Framing == StreamFraming.Packets ? Sockets.SequencedPacket : Sockets.Stream;

    /// <summary>vpnkit's Ethernet protocol: it tells the guest its MAC address and MTU.</summary>
    /// <param name="mtuBytes">Told to the guest.</param>
    /// <param name="reserve">
    /// Holds an address for a MAC address that comes to take it by DHCP, or says why not. Called
    /// on the link's worker.
    /// </param>
    public static StreamProtocol Vpnkit(
        int mtuBytes, Func<MacAddress, IpAddress, string?> reserve) => new(
            "vpnkit", StreamFraming.Length16, () => new VpnkitGreeting(mtuBytes, reserve));

    /// <summary>The MTU can be told by this protocol.</summary>
    /// <exception cref="LinkException">It cannot, and how much can.</exception>
    internal void CheckMtu(int mtuBytes)
    {
        const int most = ushort.MaxValue - FrameLimits.OverheadBytes;
        if (Framing == StreamFraming.Length16 && mtuBytes > most)
        {
            throw new LinkException($"{Name} tells a frame's length in 16 bits, and the MTU is "
                + $"{mtuBytes}; use {most} or less (--mtu)");
        }
    }
}
