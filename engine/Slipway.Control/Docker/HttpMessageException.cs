namespace Slipway.Control;

/// <summary>A message that cannot be read as HTTP/1.1; the text says why.</summary>
internal sealed class HttpMessageException(string message) : Exception(message);
