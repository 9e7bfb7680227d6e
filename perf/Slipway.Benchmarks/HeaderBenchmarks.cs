using BenchmarkDotNet.Attributes;
using Slipway.Wire;

namespace Slipway.Benchmarks;

/// <summary>
/// What reading and writing a frame's headers costs, with the payload's checksum and with that left
/// open to the link, as on a link with offloads.
/// </summary>
public class HeaderBenchmarks
{
    private const int Operations = 64;
    private const int HeadersBytes = EthernetHeader.LengthBytes + Ipv4Header.MinimumLengthBytes;

    private static readonly IpAddress Guest = IpAddress.Parse("192.168.127.2");
    private static readonly IpAddress Remote = IpAddress.Parse("192.0.2.1");

    private byte[] _tcp = [];
    private byte[] _udp = [];

    [Params(0, 1400)]
    public int PayloadBytes { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _tcp = Frame(IpProtocol.Tcp, TcpHeader.MinimumLengthBytes);
        WriteTcp(isChecksumOpen: false);
        _udp = Frame(IpProtocol.Udp, UdpHeader.LengthBytes);
        UdpHeader.Write(_udp.AsSpan(HeadersBytes), 40000, 53, Guest, Remote);
    }

    [Benchmark(OperationsPerInvoke = Operations)]
    public ulong ParseTcp() => ParseTcp(isChecksumOpen: false);

    [Benchmark(OperationsPerInvoke = Operations)]
    public ulong ParseTcpOpen() => ParseTcp(isChecksumOpen: true);

    [Benchmark(OperationsPerInvoke = Operations)]
    public ulong ParseUdp()
    {
        ulong sum = 0;
        for (int i = 0; i < Operations; i++)
        {
            Require(EthernetHeader.TryParse(_udp, out EthernetHeader ethernet));
            Require(Ipv4Header.TryParse(ethernet.Payload, out Ipv4Header ip));
            Require(UdpHeader.TryParse(ip.Payload, ip.Source, ip.Destination, out UdpHeader udp));
            sum += (ulong)udp.DestinationPort + (ulong)udp.Payload.Length;
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Operations)]
    public ulong WriteTcp() => WriteTcp(isChecksumOpen: false);

    [Benchmark(OperationsPerInvoke = Operations)]
    public ulong WriteTcpOpen() => WriteTcp(isChecksumOpen: true);

    private ulong ParseTcp(bool isChecksumOpen)
    {
        ulong sum = 0;
        for (int i = 0; i < Operations; i++)
        {
            Require(EthernetHeader.TryParse(_tcp, out EthernetHeader ethernet));
            Require(Ipv4Header.TryParse(ethernet.Payload, out Ipv4Header ip));
            Require(TcpHeader.TryParse(
                ip.Payload, ip.Source, ip.Destination, out TcpHeader tcp, isChecksumOpen));
            sum += tcp.SequenceNumber + tcp.DestinationPort + (ulong)tcp.Payload.Length;
        }

        return sum;
    }

    private ulong WriteTcp(bool isChecksumOpen)
    {
        Span<byte> segment = _tcp.AsSpan(HeadersBytes);
        for (int i = 0; i < Operations; i++)
        {
            TcpHeader.Write(
                segment, TcpHeader.MinimumLengthBytes, 40000, 443, (uint)i, 1,
                TcpFlags.Acknowledgment | TcpFlags.Push, 65535, 0, Guest, Remote, isChecksumOpen);
        }

        return segment[TcpHeader.ChecksumOffset];
    }

    private byte[] Frame(IpProtocol protocol, int headerBytes)
    {
        byte[] frame = new byte[HeadersBytes + headerBytes + PayloadBytes];
        new Random(1).NextBytes(frame.AsSpan(HeadersBytes + headerBytes));
        EthernetHeader.Write(
            frame, new MacAddress(0x5a94efe40cdd), new MacAddress(0x5a94efe40cee), EtherType.IPv4);
        Ipv4Header.Write(
            frame.AsSpan(EthernetHeader.LengthBytes), frame.Length - EthernetHeader.LengthBytes,
            0, 1, true, false, 0, 64, protocol, Guest, Remote);
        return frame;
    }

    private static void Require(ParseError error)
    {
        if (error != ParseError.None)
        {
            throw new InvalidOperationException($"the frame was refused: {error}");
        }
    }
}
