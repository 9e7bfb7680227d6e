using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Slipway.SystemTests.Harness;

/// <summary>
/// All tests share one site and run one after another: they measure time and memory.
/// </summary>
[CollectionDefinition(Name)]
public sealed class SiteCollection : ICollectionFixture<Site>
{
    public const string Name = "site";
}
