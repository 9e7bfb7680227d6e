using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// recvmmsg(2): many datagrams in one call, each into a slot of memory that the caller owns, with
/// its sender's address and the segment size where the kernel has joined several (UDP_GRO).
/// </summary>
public sealed unsafe partial class DatagramVectors : IDisposable
{
    private const int AddressBytes = 28;
    private const int ControlBytes = 64;

    private readonly int _count;
    private readonly BatchMessage* _messages;
    private readonly IoVector* _vectors;
    private readonly byte* _addresses;
    private readonly byte* _controls;

    /// <param name="memory">Pinned; slot i has its bytes at i * slotBytes + roomBytes.</param>
    /// <param name="count">Slots.</param>
    /// <param name="slotBytes">From one slot to the next.</param>
    /// <param name="roomBytes">In front of each datagram, left as it is.</param>
    public DatagramVectors(byte[] memory, int count, int slotBytes, int roomBytes)
    {
        _count = count;
        _messages = (BatchMessage*)NativeMemory.AllocZeroed((nuint)(count * sizeof(BatchMessage)));
        _vectors = (IoVector*)NativeMemory.AllocZeroed((nuint)(count * sizeof(IoVector)));
        _addresses = (byte*)NativeMemory.AllocZeroed((nuint)(count * AddressBytes));
        _controls = (byte*)NativeMemory.AllocZeroed((nuint)(count * ControlBytes));
        byte* first = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(memory, 0);
        for (int i = 0; i < count; i++)
        {
            _vectors[i].Base = first + ((nuint)i * (nuint)slotBytes) + roomBytes;
            _vectors[i].Length = (nuint)(slotBytes - roomBytes);
            _messages[i].Header.Vectors = _vectors + i;
            _messages[i].Header.VectorCount = 1;
            _messages[i].Header.Name = _addresses + (i * AddressBytes);
            _messages[i].Header.Control = _controls + (i * ControlBytes);
        }
    }

    /// <summary>Receives what waits, without blocking.</summary>
    /// <returns>Datagrams received, or a negated errno.</returns>
    public int Receive(int socket)
    {
        for (int i = 0; i < _count; i++)
        {
            _messages[i].Header.NameLength = AddressBytes;
            _messages[i].Header.ControlLength = ControlBytes;
        }

        int result = recvmmsg(socket, _messages, (uint)_count, Sockets.MessageDontWait, null);
        return result < 0 ? -Marshal.GetLastPInvokeError() : result;
    }

    /// <summary>Length of a datagram of the last call, in bytes.</summary>
    public int LengthOf(int index) => (int)_messages[index].Length;

    /// <summary>Its sender, as struct sockaddr.</summary>
    public ReadOnlySpan<byte> AddressOf(int index) =>
        new(_messages[index].Header.Name, AddressBytes);

    /// <summary>Its control messages (<see cref="ControlMessage"/>).</summary>
    public ReadOnlySpan<byte> ControlOf(int index) =>
        new(_messages[index].Header.Control, (int)_messages[index].Header.ControlLength);

    public void Dispose()
    {
        NativeMemory.Free(_messages);
        NativeMemory.Free(_vectors);
        NativeMemory.Free(_addresses);
        NativeMemory.Free(_controls);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int recvmmsg(
        int socket, BatchMessage* messages, uint count, int flags, void* timeout);

    /// <summary>struct mmsghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct BatchMessage
    {
        public MessageHeader Header;
        public uint Length;
    }
}
