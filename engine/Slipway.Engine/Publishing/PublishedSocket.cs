namespace Slipway.Engine;

/// <summary>A bound socket of a publication; TCP's and Unix sockets listen.</summary>
internal readonly record struct PublishedSocket(
    int Descriptor, bool IsDatagram, bool IsUnix, ushort GuestPort);
