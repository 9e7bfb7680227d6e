using System.Runtime.InteropServices;

namespace Slipway.Abi;

/// <summary>slipway_flow.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FlowRecord
{
    public fixed byte Guest[16];
    public fixed byte Remote[16];
    public ushort GuestPort;
    public ushort RemotePort;
    public byte Protocol;
    public byte TcpState;
    public fixed byte Reserved[2];
}
