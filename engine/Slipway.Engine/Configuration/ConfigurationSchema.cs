namespace Slipway.Engine;

/// <summary>
/// The JSON schema of the configuration (draft 2020-12), as published with the source.
/// </summary>
public static class ConfigurationSchema
{
    private const string ResourceName = "slipway.schema.json";

    /// <summary>The schema's text; a test keeps it equal to the types that are read.</summary>
    public static string Text
    {
        get
        {
            using Stream stream = typeof(ConfigurationSchema).Assembly.GetManifestResourceStream(
                ResourceName)!;
            using StreamReader reader = new(stream);
            return reader.ReadToEnd();
        }
    }
}
