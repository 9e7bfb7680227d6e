namespace Slipway.Engine;

/// <summary>
/// A Unix datagram socket to receive on; one frame a datagram (vfkit, QEMU dgram).
/// </summary>
/// <param name="Path">The socket's path.</param>
public sealed record DatagramLinkSpecification(string Path) : LinkSpecification
{
    public override string ToString() => $"dgram:{Path}";
}
