namespace Slipway.Engine;

/// <summary>A Unix socket to listen on, to which guests connect.</summary>
/// <param name="Path">The socket's path.</param>
/// <param name="Framing">
/// What they speak: <see cref="LinkFraming.Stream"/> (QEMU -netdev stream, passt, libkrun),
/// <see cref="LinkFraming.SeqPacket"/> (BESS, UML) or <see cref="LinkFraming.Vpnkit"/>.
/// </param>
public sealed record StreamLinkSpecification(string Path, LinkFraming Framing) : LinkSpecification
{
    public override string ToString() =>
        $"{DescriptorLinkSpecification.Name(Framing)}:{Path}";
}
