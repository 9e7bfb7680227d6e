namespace Slipway.Engine;

/// <summary>
/// A Unix stream socket to listen on; frames with a u32 big-endian length before them (QEMU
/// -netdev stream, passt, libkrun).
/// </summary>
/// <param name="Path">The socket's path.</param>
public sealed record StreamLinkSpecification(string Path) : LinkSpecification
{
    public override string ToString() => $"stream:{Path}";
}
