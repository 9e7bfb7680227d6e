using System.Text.Json.Serialization;

namespace Slipway.Services;

/// <summary>The lease file's JSON.</summary>
internal sealed record LeaseFile
{
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    public required IReadOnlyList<LeaseFileEntry> Leases { get; init; }
}

/// <summary>One lease in the file.</summary>
internal sealed record LeaseFileEntry
{
    public required string Address { get; init; }

    public required string Mac { get; init; }

    /// <summary>The client's identifier in hexadecimal.</summary>
    public required string Client { get; init; }

    public string? HostName { get; init; }

    public required DateTimeOffset Expires { get; init; }
}

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LeaseFile))]
internal sealed partial class LeaseFileContext : JsonSerializerContext;
