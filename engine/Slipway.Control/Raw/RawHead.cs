using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Slipway.Control;

/// <summary>The head of a request that is served without the web server.</summary>
/// <param name="Path">Without the query.</param>
internal sealed record RawHead(string Method, string Path)
{
    private readonly Dictionary<string, string> _fields = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, StringValues> _query = [];

    /// <summary>Reads a request line and its fields; null if it is none.</summary>
    public static RawHead? Parse(ReadOnlySpan<byte> bytes)
    {
        string[] lines = Encoding.Latin1.GetString(bytes).Split("\r\n");
        string[] line = lines[0].Split(' ');
        if (line.Length != 3 || !line[2].StartsWith("HTTP/1.", StringComparison.Ordinal))
        {
            return null;
        }

        int query = line[1].IndexOf('?', StringComparison.Ordinal);
        RawHead head = new(line[0], query < 0 ? line[1] : line[1][..query]);
        foreach ((string name, StringValues value) in QueryHelpers.ParseQuery(
            query < 0 ? "" : line[1][query..]))
        {
            head._query[name] = value;
        }

        foreach (string field in lines.AsSpan(1))
        {
            int colon = field.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                head._fields[field[..colon]] = field[(colon + 1)..].Trim();
            }
        }

        return head;
    }

    /// <summary>A field's value, the last of several; empty for none.</summary>
    public string Field(string name) => _fields.GetValueOrDefault(name) ?? "";

    /// <summary>A parameter of the query; empty for none.</summary>
    public string Query(string name) => _query.GetValueOrDefault(name).ToString();
}
