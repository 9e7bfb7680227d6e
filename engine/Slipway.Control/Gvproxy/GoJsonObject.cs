using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Slipway.Control;

/// <summary>
/// A JSON object read as Go's decoder does: names without regard to case, the last of several
/// counts, null is as if it was left out, and what nobody asks for is ignored.
/// </summary>
internal sealed class GoJsonObject
{
    private readonly JsonElement _element;
    private readonly string _type;

    private GoJsonObject(JsonElement element, string type)
    {
        _element = element;
        _type = type;
    }

    /// <param name="body">What was sent.</param>
    /// <param name="type">What it is to be, for messages.</param>
    /// <exception cref="GvproxyException">It is something else.</exception>
    public static GoJsonObject Parse(ReadOnlyMemory<byte> body, string type)
    {
        try
        {
            JsonElement element = JsonElement.Parse(
                body[GoJsonScanner.FindValue(body.Span)].Span);
            return element.ValueKind is JsonValueKind.Object or JsonValueKind.Null
                ? new GoJsonObject(element, type)
                : throw Wrong(
                    $"json: cannot unmarshal {Kind(element)} into Go value of type types.{type}");
        }
        catch (JsonException)
        {
            throw Wrong("invalid UTF-8 in string literal");
        }
    }

    /// <summary>A text; empty when it is not there.</summary>
    public string Text(string name) => Find(name) switch
    {
        null => "",
        { ValueKind: JsonValueKind.String } text => Unescape(text),
        JsonElement other => throw Mismatch(name, other, "string"),
    };

    /// <summary>The objects of a list; empty when it is not there.</summary>
    public List<GoJsonObject> List(string name, string type)
    {
        if (Find(name) is not JsonElement list)
        {
            return [];
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            throw Mismatch(name, list, $"[]types.{type}");
        }

        List<GoJsonObject> objects = [];
        foreach (JsonElement element in list.EnumerateArray())
        {
            objects.Add(element.ValueKind is JsonValueKind.Object or JsonValueKind.Null
                ? new GoJsonObject(element, type)
                : throw Mismatch(name, element, $"types.{type}"));
        }

        return objects;
    }

    private JsonElement? Find(string name)
    {
        JsonElement? found = null;
        if (_element.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in _element.EnumerateObject())
            {
                if (NameOf(property).Equals(name, StringComparison.OrdinalIgnoreCase)
                    && property.Value.ValueKind != JsonValueKind.Null)
                {
                    found = property.Value;
                }
            }
        }

        return found;
    }

    private static string Unescape(JsonElement text) => Unescape(() => text.GetString()!);

    private static string NameOf(JsonProperty property) => Unescape(() => property.Name);

    private static string Unescape(Func<string> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            throw Wrong("invalid surrogate in string literal");
        }
    }

    private GvproxyException Mismatch(string name, JsonElement value, string type) => Wrong(
        $"json: cannot unmarshal {Kind(value)} into Go struct field {_type}.{name} of type {type}");

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "array",
        JsonValueKind.Object => "object",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        _ => "bool",
    };

    private static GvproxyException Wrong(string text) =>
        new(StatusCodes.Status400BadRequest, text);
}
