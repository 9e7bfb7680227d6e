namespace Slipway.Load;

/// <summary>Something that a measurement needs is not there or did not work.</summary>
internal sealed class LoadException(string message) : Exception(message);
