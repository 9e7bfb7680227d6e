using System.Text.Json;
using System.Text.Json.Serialization;

namespace Slipway.Engine;

/// <summary>Reads "a" as well as ["a", "b"].</summary>
internal sealed class TextOrListConverter : JsonConverter<TextOrList>
{
    public override TextOrList Read(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return new TextOrList([reader.GetString()!], isList: false);
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException();
        }

        List<string> items = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            items.Add(reader.TokenType == JsonTokenType.String
                ? reader.GetString()! : throw new JsonException());
        }

        return new TextOrList(items, isList: true);
    }

    public override void Write(
        Utf8JsonWriter writer, TextOrList value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (string item in value.Items)
        {
            writer.WriteStringValue(item);
        }

        writer.WriteEndArray();
    }
}
