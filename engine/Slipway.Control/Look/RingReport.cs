namespace Slipway.Control;

/// <summary>The ring of the last frames, as the API tells it.</summary>
/// <param name="SizeBytes">Its memory.</param>
/// <param name="Frames">How many are kept.</param>
/// <param name="Overwritten">How many made room for them.</param>
public sealed record RingReport(int SizeBytes, long Frames, long Overwritten);
