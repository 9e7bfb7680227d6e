namespace Slipway.Engine;

/// <summary>How many turns were shorter than a bound.</summary>
/// <param name="BoundSeconds">The bound; infinity for all turns.</param>
/// <param name="Turns">Those below it, also below smaller bounds.</param>
public readonly record struct TurnBucket(double BoundSeconds, long Turns);
