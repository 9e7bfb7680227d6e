using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// Room for the events of one wait. struct epoll_event is packed on x86-64 (12 bytes, token at 4)
/// and aligned elsewhere (16 bytes, token at 8), which a C# struct cannot say; hence bytes.
/// </summary>
public sealed class EpollEvents
{
    /// <summary>Room for one event on any architecture, in bytes.</summary>
    internal const int MaximumEntryBytes = 16;

    private static readonly bool s_isPacked =
        RuntimeInformation.ProcessArchitecture == Architecture.X64;

    private static readonly int s_entryBytes = s_isPacked ? 12 : MaximumEntryBytes;

    private static readonly int s_tokenOffset = s_isPacked ? 4 : 8;

    public EpollEvents(int capacity)
    {
        Capacity = capacity;
        Buffer = GC.AllocateArray<byte>(capacity * s_entryBytes, pinned: true);
    }

    /// <summary>Events that one wait can bring.</summary>
    public int Capacity { get; }

    internal byte[] Buffer { get; }

    /// <summary>What is ready: <see cref="Epoll.In"/> and its kin.</summary>
    public uint Events(int index) => MemoryMarshal.Read<uint>(Buffer.AsSpan(index * s_entryBytes));

    /// <summary>The number that the descriptor was registered with.</summary>
    public ulong Token(int index) =>
        MemoryMarshal.Read<ulong>(Buffer.AsSpan((index * s_entryBytes) + s_tokenOffset));

    /// <summary>Writes one entry, for epoll_ctl.</summary>
    internal static void WriteEntry(Span<byte> entry, uint events, ulong token)
    {
        MemoryMarshal.Write(entry, events);
        MemoryMarshal.Write(entry[s_tokenOffset..], token);
    }
}
