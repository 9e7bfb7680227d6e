namespace Slipway.SystemTests.Harness;

/// <summary>Where things stand in the working copy that these tests were built from.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>
    /// SLIPWAY_WORKERS=N runs the engines of all tests with so many workers.
    /// </summary>
    public static string[] Workers { get; } =
        Environment.GetEnvironmentVariable("SLIPWAY_WORKERS") is { Length: > 0 } count
            ? ["--workers", count] : [];

    /// <summary>The published binary: $SLIPWAY, or what tests/run.sh publishes.</summary>
    public static string Binary { get; } =
        Environment.GetEnvironmentVariable("SLIPWAY") is { Length: > 0 } path
            ? Path.GetFullPath(path, Root)
            : Path.Combine(Root, "out", "slipway");

    /// <summary>The published C library: $SLIPWAY_ABI, or what tests/run.sh publishes.</summary>
    public static string Abi { get; } =
        Environment.GetEnvironmentVariable("SLIPWAY_ABI") is { Length: > 0 } path
            ? Path.GetFullPath(path, Root)
            : Path.Combine(Root, "out", "abi");

    public static string Tool(string name) =>
        Path.Combine(AppContext.BaseDirectory, "tools", name);

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Engine.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException("no Engine.sln above the tests");
    }
}
