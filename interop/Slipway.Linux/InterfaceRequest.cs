using System.Runtime.InteropServices;
using System.Text;

namespace Slipway.Linux;

/// <summary>struct ifreq (netdevice(7)): a name of 16 bytes and a union of 24.</summary>
[StructLayout(LayoutKind.Explicit, Size = 40)]
internal unsafe struct InterfaceRequest
{
    private const int NameBytes = 16;
    private const ushort AF_INET = 2;

    [FieldOffset(0)]
    private fixed byte _name[NameBytes];

    [FieldOffset(16)]
    public short Flags;

    [FieldOffset(16)]
    public int Number;

    [FieldOffset(16)]
    public InternetAddress Address;

    /// <summary>Sets the name; at most 15 bytes of it.</summary>
    public void SetName(string name)
    {
        fixed (byte* start = _name)
        {
            Encoding.ASCII.GetBytes(
                name.AsSpan(0, Math.Min(name.Length, NameBytes - 1)),
                new Span<byte>(start, NameBytes));
        }
    }

    /// <summary>struct sockaddr_in; the address in network order.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 16)]
    internal struct InternetAddress(uint address)
    {
        public ushort Family = AF_INET;
        public ushort Port;
        public uint Address = BitConverter.IsLittleEndian
            ? System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(address) : address;
    }
}
