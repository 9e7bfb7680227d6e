using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// One address of the lease table. It stands in the queue of its <see cref="State"/>, unless it is
/// static: a static one is never taken from its client.
/// </summary>
internal sealed class Lease(IpAddress address)
{
    public readonly IpAddress Address = address;

    /// <summary>Option 61, or hardware type and chaddr; empty when nobody holds it.</summary>
    public byte[] Client = [];

    public MacAddress Mac;

    /// <summary>The switch port of the client; 0 until it was heard in this run.</summary>
    public int Port;

    public LeaseState State;
    public bool IsStatic;

    /// <summary>The name that is published: one label in lower case; null for none.</summary>
    public string? HostName;

    /// <summary>The name that it asked for and another guest has; null for none.</summary>
    public string? DeniedName;

    /// <summary>The name is the configuration's, whatever the client sends.</summary>
    public bool HasFixedName;

    /// <summary>When the state ends, in Unix seconds; nothing while Idle.</summary>
    public long ExpiresSeconds;

    public Lease? Previous;
    public Lease? Next;
}
