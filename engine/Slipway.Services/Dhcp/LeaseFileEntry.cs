namespace Slipway.Services;

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
