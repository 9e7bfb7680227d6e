namespace Slipway.Services;

/// <summary>What an address in the lease table is to its client.</summary>
internal enum LeaseState : byte
{
    /// <summary>Offered; waits a short time for the REQUEST.</summary>
    Offered,

    /// <summary>The client uses it until it expires.</summary>
    Bound,

    /// <summary>Expired or released; kept so that the client gets the same again.</summary>
    Idle,

    /// <summary>Declined: somebody else uses it. It has no client.</summary>
    Declined,
}
