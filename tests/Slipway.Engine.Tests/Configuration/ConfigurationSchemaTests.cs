using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;

namespace Slipway.Engine.Tests;

public sealed class ConfigurationSchemaTests
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>
    /// SLIPWAY_UPDATE=1 writes the schema anew after a change of the document types.
    /// </summary>
    [Fact]
    public void Schema_Published_IsThatOfTheTypes()
    {
        JsonSchemaExporterOptions options = new() { TransformSchemaNode = Describe };
        JsonNode schema =
            ConfigurationJsonContext.Default.ConfigurationDocument.GetJsonSchemaAsNode(options);
        schema.AsObject().Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        string expected = schema.ToJsonString(Indented) + "\n";
        if (Environment.GetEnvironmentVariable("SLIPWAY_UPDATE") == "1")
        {
            File.WriteAllText(Published(), expected);
        }

        Assert.Equal(expected, File.ReadAllText(Published()));
    }

    [Fact]
    public void Schema_Embedded_IsThePublishedFile()
    {
        if (Environment.GetEnvironmentVariable("SLIPWAY_UPDATE") != "1")
        {
            Assert.Equal(File.ReadAllText(Published()), ConfigurationSchema.Text);
        }
    }

    private static string Published([CallerFilePath] string here = "") => Path.GetFullPath(
        Path.Combine(
            Path.GetDirectoryName(here)!,
            "../../../engine/Slipway.Engine/Configuration/slipway.schema.json"));

    /// <summary>
    /// Adds what the attributes say. A key that is absent takes its default, so null is not
    /// written: the schema shows the plain type.
    /// </summary>
    private static JsonNode Describe(JsonSchemaExporterContext context, JsonNode node)
    {
        if (context.TypeInfo.Type == typeof(TextOrList))
        {
            node = new JsonObject { ["items"] = new JsonObject { ["type"] = "string" } };
        }

        if (node is not JsonObject schema)
        {
            return node;
        }

        if (schema["type"] is JsonArray types)
        {
            schema["type"] = types[0]!.GetValue<string>();
        }

        if (context.TypeInfo.Type == typeof(Dictionary<string, DnsRecordDocument>))
        {
            schema["additionalProperties"] = DescribeRecord();
        }
        else if (context.TypeInfo.Type == typeof(TextOrList))
        {
            schema.Insert(0, "type", new JsonArray("string", "array"));
        }

        ICustomAttributeProvider provider = context.PropertyInfo?.AttributeProvider
            ?? context.TypeInfo.Type;
        foreach (object attribute in provider.GetCustomAttributes(inherit: false))
        {
            switch (attribute)
            {
                case DescriptionAttribute description:
                    schema.Insert(0, "description", description.Description);
                    break;
                case RangeAttribute range:
                    schema["minimum"] = (int)range.Minimum;
                    schema["maximum"] = (int)range.Maximum;
                    break;
                case AllowedValuesAttribute allowed:
                    schema["enum"] = new JsonArray(
                        [.. allowed.Values.Select(value => JsonValue.Create((string)value!))]);
                    break;
            }
        }

        return schema;
    }

    // Its converter takes all there is; these are the forms that are understood.
    private static JsonObject DescribeRecord()
    {
        JsonObject text = new() { ["type"] = "string" };
        JsonObject list = new() { ["type"] = "array", ["items"] = text.DeepClone() };
        JsonSchemaExporterOptions options = new() { TransformSchemaNode = Describe };
        JsonNode fields =
            ConfigurationJsonContext.Default.DnsRecordFields.GetJsonSchemaAsNode(options);
        return new JsonObject { ["anyOf"] = new JsonArray(text, list, fields) };
    }
}
