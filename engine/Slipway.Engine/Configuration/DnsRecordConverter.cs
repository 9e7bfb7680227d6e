using System.Text.Json;
using System.Text.Json.Serialization;

namespace Slipway.Engine;

/// <summary>Takes a record as it is written, since it has several forms.</summary>
internal sealed class DnsRecordConverter : JsonConverter<DnsRecordDocument>
{
    public override bool HandleNull => true;

    public override DnsRecordDocument Read(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(JsonElement.ParseValue(ref reader));

    public override void Write(
        Utf8JsonWriter writer, DnsRecordDocument value, JsonSerializerOptions options) =>
        value.Value.WriteTo(writer);
}
