namespace Slipway.Links.Tests;

/// <summary>
/// Tests that count the process's descriptors and mappings: no others run meanwhile.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class DescriptorCountCollection
{
    public const string Name = "descriptor count";
}
