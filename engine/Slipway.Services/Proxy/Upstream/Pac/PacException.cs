namespace Slipway.Services;

/// <summary>A PAC file cannot be had, or does not do its work.</summary>
internal sealed class PacException(string message, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>It is not the file's doing: the next try may go well.</summary>
    public bool IsPassing { get; init; }
}
