using System.Buffers.Binary;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Fuzz.Targets;

/// <summary>What a captured frame is an input for, layer by layer, however broken it is.</summary>
internal sealed class SeedSorter
{
    private const int MostFrames = 64;

    private readonly Dictionary<string, List<byte[]>> _inputs = [];

    /// <summary>Inputs of a target, in the order in which they came.</summary>
    public IReadOnlyList<byte[]> Of(string target) => _inputs.GetValueOrDefault(target, []);

    /// <summary>A capture's frames: for each layer alone, and for the stack together.</summary>
    public void Add(IReadOnlyList<byte[]> frames)
    {
        foreach (byte[] frame in frames)
        {
            Add("ethernet", frame);
            if (frame.Length > 14)
            {
                AddPacket(BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(12)), frame[14..]);
            }

            Add("frames", Packed.Of([FuzzWorld.Frame, .. Addressed(frame)]));
        }

        Add("frames", Packed.Of(frames.Take(MostFrames).Select(
            frame => (byte[])[FuzzWorld.Frame, .. Addressed(frame)])));
    }

    // To the gateway, unless it is to a group: the switch looks at nothing else.
    private static byte[] Addressed(byte[] frame)
    {
        byte[] addressed = [.. frame];
        if (frame.Length >= 6 && (frame[0] & 1) == 0)
        {
            VirtualNetwork.GatewayMac.Write(addressed);
        }

        return addressed;
    }

    private void Add(string target, byte[] input)
    {
        if (!_inputs.TryGetValue(target, out List<byte[]>? inputs))
        {
            _inputs[target] = inputs = [];
        }

        inputs.Add(input);
    }

    private void AddPacket(ushort type, byte[] packet)
    {
        switch (type)
        {
            case 0x0806:
                Add("arp", packet);
                break;
            case 0x0800:
                Add("ipv4", packet);
                int header = (packet[0] & 15) * 4;
                if (packet.Length > Math.Max(header, 20))
                {
                    AddPayload((IpProtocol)packet[9], packet[header..]);
                }

                break;
            case 0x86dd:
                Add("ipv6", packet);
                if (packet.Length > 40)
                {
                    AddPayload(
                        Ipv6Extensions.FindUpperLayer(packet, out ReadOnlySpan<byte> payload),
                        payload.ToArray());
                }

                break;
        }
    }

    private void AddPayload(IpProtocol protocol, byte[] payload)
    {
        switch (payload.Length == 0 ? default : protocol)
        {
            case IpProtocol.Icmp:
                Add("icmp", payload);
                break;
            case IpProtocol.IcmpV6:
                Add(payload[0] == 143 ? "listener" : "neighbor", payload);
                break;
            case IpProtocol.Udp:
                Add("udp", payload);
                AddDatagram(payload);
                break;
            case IpProtocol.Tcp:
                Add("tcp", payload);
                int header = payload.Length > 12 ? (payload[12] >> 4) * 4 : 0;
                if (header >= 20 && payload.Length > header)
                {
                    AddText(payload[header..]);
                }

                break;
        }
    }

    private void AddDatagram(byte[] datagram)
    {
        if (datagram.Length <= 8)
        {
            return;
        }

        byte[] message = datagram[8..];
        ushort from = BinaryPrimitives.ReadUInt16BigEndian(datagram);
        ushort to = BinaryPrimitives.ReadUInt16BigEndian(datagram.AsSpan(2));
        if (from is 67 or 68 || to is 67 or 68)
        {
            Add("dhcp", Packed.Of(message));
        }
        else if (from is 546 or 547 || to is 546 or 547)
        {
            Add("dhcp6", Packed.Of(message));
        }
        else if (from is 53 or 5353 || to is 53 or 5353)
        {
            Add("dns", message);
            Add("dns-server", message);
        }
    }

    private void AddText(byte[] text) =>
        Add(text[0] == 22 ? "client-hello" : "connect-head", text);
}
