namespace Slipway.Services;

/// <summary>A PAC file cannot be had, or does not do its work.</summary>
internal sealed class PacException(string message, Exception? inner = null)
    : Exception(message, inner);
