namespace Slipway.Engine;

/// <summary>Where a running engine is asked and told things.</summary>
/// <param name="Path">The socket's file; null for the place where clients look first.</param>
/// <param name="IsOff">Nowhere.</param>
public sealed record ControlSpecification(string? Path, bool IsOff)
{
    private const string Prefix = "unix:";

    /// <summary>Where clients look first.</summary>
    public static ControlSpecification Default { get; } = new(null, IsOff: false);

    /// <summary>Reads "unix:PATH" or "off".</summary>
    /// <exception cref="ConfigurationException">It is neither.</exception>
    public static ControlSpecification Parse(string key, string text) => text switch
    {
        "off" => new ControlSpecification(null, IsOff: true),
        _ when text.StartsWith(Prefix, StringComparison.Ordinal) && text.Length > Prefix.Length =>
            new ControlSpecification(text[Prefix.Length..], IsOff: false),
        _ => throw new ConfigurationException(
            key, text, "is no control socket; write unix:PATH, or off"),
    };
}
