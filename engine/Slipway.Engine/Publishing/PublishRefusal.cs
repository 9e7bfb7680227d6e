using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>A socket of a publication cannot be had; who asked for it explains why.</summary>
internal sealed class PublishRefusal(
    HostError reason, IpEndpoint local, bool hasHelper = false) : IOException
{
    public HostError Reason => reason;

    /// <summary>The helper was asked, and does not do it either.</summary>
    public bool HasHelper => hasHelper;

    /// <summary>Where it was to be bound.</summary>
    public IpEndpoint Local => local;
}
