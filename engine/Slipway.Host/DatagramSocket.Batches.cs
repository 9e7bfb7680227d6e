using Slipway.Linux;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Host;

/// <summary>
/// Many datagrams in one call: recvmmsg(2) with UDP_GRO, and UDP_SEGMENT (udp(7)).
/// </summary>
internal sealed partial class DatagramSocket
{
    // The vectors of the batch that was used last: a worker has one of each.
    [ThreadStatic]
    private static DatagramVectors? s_vectors;

    [ThreadStatic]
    private static DatagramBatch? s_vectorsBatch;

    public HostError ReceiveMany(DatagramBatch batch)
    {
        DatagramVectors vectors = VectorsOf(batch);
        batch.Clear();
        int count = -1;
        for (int attempt = 0; attempt < PendingErrors && count < 0; attempt++)
        {
            count = vectors.Receive(_descriptor);
            if (count == -Errno.EAGAIN)
            {
                break;
            }
        }

        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> joined = ControlMessage.Find(
                vectors.ControlOf(i), SocketOptions.LevelUdp, SocketOptions.UdpGro);
            batch.Add(
                SocketAddress.Read(vectors.AddressOf(i)), vectors.LengthOf(i),
                joined.Length >= sizeof(int) ? BitConverter.ToInt32(joined) : 0,
                ReadLocal(vectors.ControlOf(i)));
        }

        return HostErrors.From(Math.Min(count, 0));
    }

    public HostError SendSegments(
        in IpEndpoint remote, ReadOnlySpan<byte> payload, int segmentBytes, DatagramOptions options)
    {
        SetDontFragment(options.DontFragment);
        Span<byte> addressBytes = stackalloc byte[SocketAddress.MaximumLengthBytes];
        ReadOnlySpan<byte> address = SocketAddress.Write(addressBytes, remote);
        Span<byte> control = stackalloc byte[MostControlBytes];
        int length = WriteControl(control, options);
        length += ControlMessage.WriteShort(
            control[length..], SocketOptions.LevelUdp, SocketOptions.UdpSegment,
            (ushort)segmentBytes);
        int sent = Sockets.SendMessage(_descriptor, payload, address, control[..length]);
        if (sent == -Errno.EMSGSIZE)
        {
            RememberTooLong(remote, payload[..Math.Min(segmentBytes, payload.Length)]);
        }

        return HostErrors.From(sent);
    }

    private static DatagramVectors VectorsOf(DatagramBatch batch)
    {
        if (s_vectors is null || s_vectorsBatch != batch)
        {
            s_vectors?.Dispose();
            s_vectorsBatch = batch;
            s_vectors = new DatagramVectors(
                batch.Memory, DatagramBatch.Capacity, DatagramBatch.SlotBytes,
                DatagramBatch.RoomBytes);
        }

        return s_vectors;
    }
}
