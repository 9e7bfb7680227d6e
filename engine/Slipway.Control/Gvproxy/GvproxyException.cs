namespace Slipway.Control;

/// <summary>A request of gvproxy's API that fails; the text is the whole answer.</summary>
internal sealed class GvproxyException(int status, string text) : Exception(text)
{
    /// <summary>The HTTP status.</summary>
    public int Status => status;
}
