namespace Slipway.Load.Site;

/// <summary>A folder that is removed after use.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("slipway-load-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
