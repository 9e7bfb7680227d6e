namespace Slipway.Services;

/// <summary>
/// A list of hosts as `no_proxy` has it: names by their last labels (example.com and .example.com
/// are example.com and all below it), addresses, networks, each for a port where one is named, and
/// * for all. A label * stands for any one. Names are not looked up: only a target that is given
/// as an address lies in a network.
/// </summary>
public sealed class HostRules
{
    /// <summary>Rules in one list at most.</summary>
    public const int MaxRules = 4_096;

    private static readonly char[] Separators = [',', ';', ' ', '\t', '\r', '\n'];
    private readonly HostRule[] _rules;
    private readonly string[] _texts;

    private HostRules(HostRule[] rules, string[] texts)
    {
        _rules = rules;
        _texts = texts;
    }

    /// <summary>No host.</summary>
    public static HostRules None { get; } = new([], []);

    /// <summary>Whether a rule speaks of names, and not of addresses or of all.</summary>
    public bool HasNames => Array.Exists(_rules, rule => rule.IsName);

    /// <summary>How many rules there are.</summary>
    public int Count => _rules.Length;

    /// <summary>Reads a list whose items are parted by commas, semicolons or blanks.</summary>
    /// <param name="text">The list.</param>
    /// <param name="faults">The items that are no rules; left out of the list.</param>
    public static HostRules Parse(string text, out IReadOnlyList<string> faults) =>
        Parse(text.Split(Separators, StringSplitOptions.RemoveEmptyEntries), out faults);

    /// <inheritdoc cref="Parse(string, out IReadOnlyList{string})"/>
    /// <param name="items">The items; each may be a list again.</param>
    public static HostRules Parse(IEnumerable<string> items, out IReadOnlyList<string> faults)
    {
        List<HostRule> rules = [];
        List<string> texts = [];
        List<string> wrong = [];
        foreach (string text in items.SelectMany(
            item => item.Split(Separators, StringSplitOptions.RemoveEmptyEntries)))
        {
            HostRule? rule = rules.Count < MaxRules ? HostRule.Parse(text) : null;
            if (rule is null)
            {
                wrong.Add(text);
            }
            else
            {
                rules.Add(rule);
                texts.Add(text);
            }
        }

        faults = wrong;
        return new HostRules([.. rules], [.. texts]);
    }

    /// <summary>Whether a rule speaks of the host.</summary>
    /// <param name="host">A name or an address, with or without brackets.</param>
    /// <param name="port">The target's.</param>
    public bool Matches(string host, int port)
    {
        byte[]? address = HostRule.TryParseAddress(host, out byte[] parsed) ? parsed : null;
        string[]? labels = address is null ? HostRule.Normalize(host).Split('.') : null;
        foreach (HostRule rule in _rules)
        {
            if (rule.Matches(labels, address, port))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The rules as they were read, parted by commas.</summary>
    public override string ToString() => string.Join(", ", _texts);
}
