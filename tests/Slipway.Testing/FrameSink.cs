namespace Slipway.Testing;

/// <summary>Takes a frame that is valid during the call only.</summary>
public delegate void FrameSink(ReadOnlySpan<byte> frame);
