namespace Slipway.Services;

/// <summary>The lease file's JSON.</summary>
internal sealed record LeaseFile
{
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    public required IReadOnlyList<LeaseFileEntry> Leases { get; init; }
}
