using System.CommandLine;

namespace Slipway;

/// <summary>The commands as completions and the manual need them.</summary>
internal static class CommandTree
{
    /// <summary>Each command with the words that lead to it, "slipway dns set"; parents
    /// first.</summary>
    public static IEnumerable<(string Path, Command Command)> Walk(Command root)
    {
        Stack<(string Path, Command Command)> left = new([("slipway", root)]);
        while (left.TryPop(out (string Path, Command Command) next))
        {
            yield return next;
            foreach (Command child in ChildrenOf(next.Command).Reverse())
            {
                left.Push(($"{next.Path} {child.Name}", child));
            }
        }
    }

    public static IEnumerable<Command> ChildrenOf(Command command) =>
        command.Subcommands.Where(child => !child.Hidden);

    /// <summary>Help and, at the top, the version among them.</summary>
    public static IEnumerable<Option> OptionsOf(Command command) =>
        command.Options.Where(option => !option.Hidden);

    /// <summary>"--publish", "-p"; the long name first.</summary>
    public static IEnumerable<string> NamesOf(Option option) =>
        ((IEnumerable<string>)[option.Name, .. option.Aliases])
            .Where(name => name.StartsWith('-')).Distinct(StringComparer.Ordinal);

    /// <summary>It is followed by a value.</summary>
    public static bool TakesValue(Option option) =>
        option.ValueType != typeof(bool) && option.Arity.MaximumNumberOfValues > 0;

    /// <summary>"FILE", for an option that takes one.</summary>
    public static string ValueNameOf(Option option) =>
        option.HelpName ?? option.Name.TrimStart('-').ToUpperInvariant();
}
