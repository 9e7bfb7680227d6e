using System.Text.Json;
using System.Text.Json.Serialization;

namespace Slipway.Control;

/// <summary>
/// JSON of the API: camelCase; unknown fields are refused by name. Comments may be in it, as in a
/// configuration.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    AllowTrailingCommas = true,
    ReadCommentHandling = JsonCommentHandling.Skip,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(IReadOnlyList<PortReport>))]
[JsonSerializable(typeof(PortReport))]
[JsonSerializable(typeof(PublishRequest))]
[JsonSerializable(typeof(IReadOnlyList<FlowReport>))]
[JsonSerializable(typeof(FlowReport))]
[JsonSerializable(typeof(IReadOnlyList<LeaseReport>))]
[JsonSerializable(typeof(IReadOnlyList<ServiceReport>))]
[JsonSerializable(typeof(ServiceReport))]
[JsonSerializable(typeof(IReadOnlyList<DnsReport>))]
[JsonSerializable(typeof(ProxyReport))]
[JsonSerializable(typeof(StatisticsReport))]
[JsonSerializable(typeof(SandboxReport))]
[JsonSerializable(typeof(RingRequest))]
[JsonSerializable(typeof(RingReport))]
[JsonSerializable(typeof(VersionReport))]
[JsonSerializable(typeof(LogReport))]
[JsonSerializable(typeof(Dictionary<string, IReadOnlyList<string>>))]
[JsonSerializable(typeof(IReadOnlyList<ConfigurationChange>))]
[JsonSerializable(typeof(Problem))]
internal sealed partial class ApiJsonContext : JsonSerializerContext;
