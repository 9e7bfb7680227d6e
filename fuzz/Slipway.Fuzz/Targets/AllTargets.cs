namespace Slipway.Fuzz.Targets;

/// <summary>All that is fuzzed.</summary>
internal static class AllTargets
{
    public static IReadOnlyList<FuzzTarget> Items { get; } =
    [
        .. WireTargets.Items, .. NameTargets.Items, .. LeaseTargets.Items,
        .. ProxyTargets.Items, .. SettingTargets.Items, .. LinkTargets.Items,
        .. HttpTargets.Items, .. DockerTargets.Items, .. ControlTargets.Items,
        .. SmallTargets.Items, .. StackTargets.Items, .. ResolverTargets.Items,
    ];

    /// <summary>Those of the names; all for none.</summary>
    /// <exception cref="ArgumentException">There is none of a name.</exception>
    public static IReadOnlyList<FuzzTarget> Named(IReadOnlyList<string> names) =>
        names.Count == 0 ? Items : [.. names.Select(name =>
            Items.FirstOrDefault(target => target.Name == name) ?? throw new ArgumentException(
                $"there is no target {name}; use {string.Join(", ", Items.Select(t => t.Name))}"))];
}
