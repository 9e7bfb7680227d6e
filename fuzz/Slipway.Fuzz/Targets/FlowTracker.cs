using System.Buffers.Binary;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Fuzz.Targets;

/// <summary>
/// Knows where the engine is in each TCP connection, so that mutated segments fall into its window
/// as a rule. Otherwise nothing behind the handshake would ever be reached.
/// </summary>
internal sealed class FlowTracker
{
    private const int Sequence = 14 + 20 + 4;
    private const int Acknowledgment = Sequence + 4;

    // By the guest's port: what the engine sends next, and what it expects next.
    private readonly Dictionary<ushort, (uint Sends, uint Expects)> _flows = [];

    /// <summary>Learns from a frame of the engine's.</summary>
    public void Learn(byte[] frame)
    {
        if (IsTcp(frame) && Ipv4Packet.ParseFrame(frame) is { MoreFragments: false } packet)
        {
            Segment segment = Segment.Parse(packet);
            uint length = (uint)segment.Payload.Length
                + (segment.Has(TcpFlags.Syn) || segment.Has(TcpFlags.Fin) ? 1u : 0);
            _flows[segment.Destination.Port] =
                (segment.Sequence + length, segment.Acknowledgment);
        }
    }

    /// <summary>A frame whose numbers are the flow's, moved by two signed bytes.</summary>
    public byte[] Place(ReadOnlySpan<byte> step)
    {
        if (step.Length < 2)
        {
            return FrameMender.Mend(step, isOther: false);
        }

        byte[] frame = step[2..].ToArray();
        if (IsTcp(frame) && frame.Length >= Acknowledgment + 4
            && _flows.TryGetValue(
                BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(Sequence - 4)),
                out (uint Sends, uint Expects) flow))
        {
            Write(frame, Sequence, flow.Expects + (uint)(sbyte)step[0]);
            Write(frame, Acknowledgment, flow.Sends + (uint)(sbyte)step[1]);
        }

        return FrameMender.Mend(frame, isOther: false);
    }

    private static bool IsTcp(byte[] frame) => frame.Length > Sequence + 8
        && frame[12] == 8 && frame[13] == 0 && frame[14] == 0x45 && frame[23] == 6;

    private static void Write(byte[] frame, int at, uint value) =>
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(at), value);
}
