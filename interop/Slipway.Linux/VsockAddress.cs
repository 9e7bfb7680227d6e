using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>struct sockaddr_vm (vsock(7)): a host or a virtual machine, and its port.</summary>
/// <remarks>
/// <code>
/// u16 family | u16 zero | u32 port | u32 cid | u8 flags | 3 bytes zero      (host order)
/// </code>
/// </remarks>
public static class VsockAddress
{
    /// <summary>AF_VSOCK.</summary>
    public const int Family = 40;

    /// <summary>VMADDR_CID_ANY: to bind to all of one's own.</summary>
    public const uint AnyCid = 0xFFFF_FFFF;

    /// <summary>VMADDR_CID_HOST: a guest's name for its host.</summary>
    public const uint HostCid = 2;

    public const int LengthBytes = 16;

    /// <summary>The CID of an address that the kernel wrote.</summary>
    public static uint Cid(ReadOnlySpan<byte> address) => MemoryMarshal.Read<uint>(address[8..]);

    public static void Write(Span<byte> address, uint cid, uint port)
    {
        address = address[..LengthBytes];
        address.Clear();
        ushort family = Family;
        MemoryMarshal.Write(address, in family);
        MemoryMarshal.Write(address[4..], in port);
        MemoryMarshal.Write(address[8..], in cid);
    }
}
