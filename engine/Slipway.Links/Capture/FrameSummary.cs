using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Links;

/// <summary>Of a frame, what filters ask about and what names its flow.</summary>
internal readonly struct FrameSummary
{
    /// <summary>The frame's two Ethernet addresses; zero where it has none.</summary>
    public MacAddress SourceMac { get; private init; }

    public MacAddress DestinationMac { get; private init; }

    public EtherType EtherType { get; private init; }

    /// <summary>The addresses are of IP or ARP.</summary>
    public bool HasAddresses { get; private init; }

    /// <summary>There is an IP header, and this is what it carries.</summary>
    public IpProtocol? Protocol { get; private init; }

    /// <summary>Of UDP and TCP, and not of fragments; else the ports are 0.</summary>
    public bool HasPorts { get; private init; }

    public IpEndpoint Source { get; private init; }

    public IpEndpoint Destination { get; private init; }

    /// <summary>Reads what there is; the frame may be anything.</summary>
    public static FrameSummary Of(ReadOnlySpan<byte> frame)
    {
        if (EthernetHeader.TryParse(frame, out EthernetHeader header) != ParseError.None)
        {
            return default;
        }

        FrameSummary summary = new()
        {
            SourceMac = header.Source,
            DestinationMac = header.Destination,
            EtherType = header.EtherType,
        };
        return header.EtherType switch
        {
            EtherType.IPv4 when Ipv4Header.TryParse(header.Payload, out Ipv4Header ip)
                == ParseError.None =>
                summary.With(ip.Source, ip.Destination, ip.Protocol, ip.IsFragment, ip.Payload),
            EtherType.IPv6 when Ipv6Header.TryParse(header.Payload, out Ipv6Header ip)
                == ParseError.None =>
                summary.With(
                    ip.Source, ip.Destination, ip.Protocol, ip.Extensions.IsFragment, ip.Payload),
            EtherType.Arp when ArpPacket.TryParse(header.Payload, out ArpPacket arp)
                == ParseError.None => summary.With(arp),
            _ => summary,
        };
    }

    /// <summary>"tcp 192.168.127.2:4000 > 192.0.2.1:80"; empty where there is no IP.</summary>
    public string DescribeFlow() => Protocol is not IpProtocol protocol ? ""
        : $"{NameOf(protocol)} {Describe(Source)} > {Describe(Destination)}";

    private static string NameOf(IpProtocol protocol) => protocol switch
    {
        IpProtocol.Tcp => "tcp",
        IpProtocol.Udp => "udp",
        IpProtocol.Icmp => "icmp",
        IpProtocol.IcmpV6 => "icmp6",
        _ => $"protocol {(int)protocol}",
    };

    private string Describe(in IpEndpoint endpoint) =>
        HasPorts ? endpoint.ToString() : endpoint.Address.ToString();

    private FrameSummary With(in ArpPacket arp) => this with
    {
        HasAddresses = true,
        Source = new IpEndpoint(arp.SenderProtocolAddress, 0),
        Destination = new IpEndpoint(arp.TargetProtocolAddress, 0),
    };

    private FrameSummary With(
        IpAddress source, IpAddress destination, IpProtocol protocol, bool isFragment,
        ReadOnlySpan<byte> payload)
    {
        bool hasPorts = !isFragment && payload.Length >= 4
            && protocol is (IpProtocol.Tcp or IpProtocol.Udp);
        return this with
        {
            HasAddresses = true,
            Protocol = protocol,
            HasPorts = hasPorts,
            Source = new IpEndpoint(
                source, hasPorts ? BinaryPrimitives.ReadUInt16BigEndian(payload) : (ushort)0),
            Destination = new IpEndpoint(
                destination,
                hasPorts ? BinaryPrimitives.ReadUInt16BigEndian(payload[2..]) : (ushort)0),
        };
    }
}
