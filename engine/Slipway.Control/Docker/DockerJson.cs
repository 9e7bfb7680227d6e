using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Slipway.Control;

/// <summary>JSON as dockerd writes it.</summary>
internal static class DockerJson
{
    private static readonly JsonWriterOptions s_options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>A line with a value.</summary>
    public static byte[] Write(JsonNode node)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter writer = new(bytes, s_options))
        {
            node.WriteTo(writer);
        }

        bytes.WriteByte((byte)'\n');
        return bytes.ToArray();
    }
}
