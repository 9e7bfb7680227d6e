namespace Slipway.Links;

/// <summary>A link that cannot be opened; the message says why and what to do about it.</summary>
public sealed class LinkException(string message) : Exception(message);
