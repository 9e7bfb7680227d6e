using System.Buffers.Binary;
using System.Text;
using Slipway.Linux;

namespace Slipway.Load.Virtio;

/// <summary>
/// The front end's half of the vhost-user protocol (docs/interop/vhost-user.rst of QEMU), as much
/// as it takes to start a device with one pair of queues.
/// <code>
///   request u32 | flags u32: version 1, reply 4, need_reply 8 | size u32 | payload
/// </code>
/// </summary>
internal sealed class VhostUserFrontEnd : IDisposable
{
    // Bits of virtio-net, of the rings and of vhost-user (virtio 1.2 sections 5.1.3 and 6).
    private const ulong Features = 1ul << 0 /* CSUM */ | 1ul << 1 /* GUEST_CSUM */
        | 1ul << 7 /* GUEST_TSO4 */ | 1ul << 11 /* HOST_TSO4 */ | 1ul << 15 /* MRG_RXBUF */
        | 1ul << 28 /* INDIRECT_DESC */ | 1ul << 29 /* EVENT_IDX */
        | 1ul << 30 /* PROTOCOL_FEATURES */ | 1ul << 32; /* VERSION_1 */

    private const ulong ReplyAck = 1ul << 3;
    private const int HeaderBytes = 12;
    private const int AddressBytes = 110;

    private readonly int _socket;

    /// <exception cref="LoadException">Nobody listens there.</exception>
    public VhostUserFrontEnd(string path)
    {
        _socket = VirtioMemory.Checked(
            Sockets.Create(Sockets.FamilyUnix, Sockets.Stream, 0), "socket");
        Span<byte> address = stackalloc byte[AddressBytes];
        address.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(address, Sockets.FamilyUnix);
        int length = Encoding.UTF8.GetBytes(path, address[2..]);
        VirtioMemory.Checked(Sockets.Connect(_socket, address[..(2 + length + 1)]), path);
    }

    /// <summary>Sets up the memory and the queues, the receiveq first, and starts them.</summary>
    public void Start(VirtioMemory memory, params ReadOnlySpan<DriverQueue> queues)
    {
        if ((Ask(1, []) & Features) != Features || (Ask(15, []) & ReplyAck) == 0)
        {
            throw new LoadException("the back end lacks features that the front end needs");
        }

        Send(16, [ReplyAck]);
        Tell(3, []);
        Tell(2, [Features]);
        Tell(5, [1, VirtioMemory.GuestBase, (ulong)memory.LengthBytes, memory.UserBase, 0],
            memory.Descriptor);
        for (int i = 0; i < queues.Length; i++)
        {
            (ulong table, ulong available, ulong used) = queues[i].Addresses(memory.UserBase);
            Tell(8, [Pair(i, DriverQueue.Size)]);
            Tell(10, [Pair(i, 0)]);
            Tell(9, [Pair(i, 0), table, used, available, 0]);
            Tell(13, [(ulong)i], queues[i].Call);
            Tell(12, [(ulong)i], queues[i].Kick);
            Tell(18, [Pair(i, 1)]);
        }
    }

    public void Dispose() => Files.Close(_socket);

    private static ulong Pair(int index, uint value) => (uint)index | ((ulong)value << 32);

    // A request that is answered with 0 when it was right (VHOST_USER_PROTOCOL_F_REPLY_ACK).
    private void Tell(
        uint request, ReadOnlySpan<ulong> words, params ReadOnlySpan<int> descriptors)
    {
        Send(request, words, descriptors, flags: 1 | 8);
        if (Read(request) != 0)
        {
            throw new LoadException($"the back end refused request {request}");
        }
    }

    private ulong Ask(uint request, ReadOnlySpan<ulong> words)
    {
        Send(request, words);
        return Read(request);
    }

    private void Send(
        uint request, ReadOnlySpan<ulong> words, ReadOnlySpan<int> descriptors = default,
        uint flags = 1)
    {
        byte[] message = new byte[HeaderBytes + (words.Length * sizeof(ulong))];
        BinaryPrimitives.WriteUInt32LittleEndian(message, request);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(4), flags);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(8), message.Length - HeaderBytes);
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(
                message.AsSpan(HeaderBytes + (i * sizeof(ulong))), words[i]);
        }

        VirtioMemory.Checked(
            Sockets.SendWithDescriptors(_socket, message, descriptors), "vhost-user");
    }

    private ulong Read(uint request)
    {
        Span<byte> answer = stackalloc byte[HeaderBytes + sizeof(ulong)];
        long end = Environment.TickCount64 + 5_000;
        int received;
        while ((received = Sockets.Receive(_socket, answer, Sockets.MessageDontWait))
            == -Errno.EAGAIN && Environment.TickCount64 < end)
        {
            Thread.Sleep(1);
        }

        return received == answer.Length
            && BinaryPrimitives.ReadUInt32LittleEndian(answer) == request
            ? BinaryPrimitives.ReadUInt64LittleEndian(answer[HeaderBytes..])
            : throw new LoadException($"the back end did not answer request {request}");
    }
}
