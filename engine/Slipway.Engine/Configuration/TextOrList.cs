using System.Text.Json.Serialization;

namespace Slipway.Engine;

/// <summary>A key's value that is one text or a list of texts.</summary>
[JsonConverter(typeof(TextOrListConverter))]
internal sealed class TextOrList(IReadOnlyList<string> items, bool isList)
{
    public IReadOnlyList<string> Items { get; } = items;

    /// <summary>The items with the key that each has in messages.</summary>
    public IEnumerable<(string Key, string Text)> Entries(string key) =>
        Items.Select((text, i) => (isList ? $"{key}[{i}]" : key, text));
}
