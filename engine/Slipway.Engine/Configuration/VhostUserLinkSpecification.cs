namespace Slipway.Engine;

/// <summary>
/// A Unix socket to listen on for VMMs that share their guests' memory (QEMU -netdev vhost-user,
/// cloud-hypervisor vhost_user=true).
/// </summary>
/// <param name="Path">The socket's path.</param>
public sealed record VhostUserLinkSpecification(string Path) : LinkSpecification
{
    public override string ToString() => $"vhost-user:{Path}";
}
