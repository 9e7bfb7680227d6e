using System.Runtime.InteropServices;

namespace Slipway.Abi;

/// <summary>slipway_service.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ServiceRecord
{
    public const int NameBytes = 256;
    public const int TargetBytes = 272;

    public uint Id;
    public byte Protocol;
    public byte IsVirtual;
    public ushort PrefixBits;
    public fixed byte Address[16];
    public ushort FirstPort;
    public ushort LastPort;
    public uint Reserved;
    public fixed byte Name[NameBytes];
    public fixed byte Target[TargetBytes];
}
