using System.Runtime.InteropServices;

namespace Slipway.Abi;

/// <summary>slipway_lease.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LeaseRecord
{
    public const int NameBytes = 64;

    public fixed byte Address[16];
    public fixed byte Mac[6];
    public fixed byte Reserved[2];
    public long ExpiresSeconds;
    public fixed byte Name[NameBytes];
}
