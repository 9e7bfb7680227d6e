namespace Slipway.Testing;

/// <summary>A frame or an outcome is not what a test expects; the message says both.</summary>
public sealed class ExpectationException : Exception
{
    public ExpectationException()
    {
    }

    public ExpectationException(string message)
        : base(message)
    {
    }

    public ExpectationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
