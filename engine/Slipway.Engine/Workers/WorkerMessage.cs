namespace Slipway.Engine;

/// <summary>What a record in a ring between two workers is.</summary>
internal enum WorkerMessage : uint
{
    /// <summary>To the keeper: a frame as it arrived at a queue of another worker.</summary>
    Frame,

    /// <summary>A frame of a guest that was found good, for the worker of its flow.</summary>
    CheckedFrame,

    /// <summary>To the keeper: a guest was heard (<see cref="HeardGuest"/>).</summary>
    Heard,

    /// <summary>From the keeper: the guest has its address still.</summary>
    Confirmed,

    /// <summary>From the keeper: it has not.</summary>
    Revoked,
}
