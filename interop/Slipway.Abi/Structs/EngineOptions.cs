using System.Runtime.InteropServices;

namespace Slipway.Abi;

/// <summary>slipway_engine_options.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct EngineOptions
{
    public uint Size;
    public uint MtuBytes;
    public byte* ConfigJson;
    public byte* Subnet;
    public uint Workers;
    public int LogLevel;
    public delegate* unmanaged<void*, int, byte*, void> Log;
    public void* LogUser;
    public delegate* unmanaged<void*, long> Clock;
    public void* ClockUser;
    public byte* Seed;
}
