using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>struct epoll_event, packed on x86-64 (12 bytes) as the kernel has it there.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public struct EpollEvent
{
    public uint Events;
    public ulong Token;
}
