using System.Text.Json;
using System.Text.Json.Serialization;

namespace Slipway.Engine;

/// <summary>
/// Reads the configuration without reflection; comments and trailing commas are welcome.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ConfigurationDocument))]
[JsonSerializable(typeof(DnsRecordFields))]
internal sealed partial class ConfigurationJsonContext : JsonSerializerContext;
