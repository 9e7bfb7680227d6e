namespace Slipway.Links;

/// <summary>Feature bits of the vhost-user protocol ("Protocol features").</summary>
internal static class VhostUserFeatures
{
    internal const ulong MultiQueue = 1ul << 0;
    internal const ulong ReplyAck = 1ul << 3;
    internal const ulong InflightFile = 1ul << 12;
    internal const ulong MemorySlots = 1ul << 15;

    internal const ulong Offered = MultiQueue | ReplyAck | InflightFile | MemorySlots;
}
