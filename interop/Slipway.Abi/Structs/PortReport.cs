using System.Runtime.InteropServices;

namespace Slipway.Abi;

/// <summary>slipway_port_info.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PortReport
{
    public uint Size;
    public int State;
    public uint Offloads;
    public uint MtuBytes;
    public ushort ReceiveBase;
    public ushort TransmitBase;
    public uint Reserved;
}
