using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Slipway.Control;

/// <summary>What happens, a JSON object a line, without our label in it.</summary>
internal sealed class EventLines
{
    /// <summary>The most that an unfinished line may have, in bytes.</summary>
    private const int MostBytes = 1 << 20;

    private static readonly byte[] s_label = Encoding.UTF8.GetBytes(PortLabel.Name);

    /// <summary>What has come since whole lines were taken.</summary>
    public BoundedContent Arrived { get; } = new(MostBytes);

    /// <summary>
    /// The whole lines as a chunk (RFC 9112 section 7.1), and at the end what is left and the last
    /// chunk; empty when no line is whole.
    /// </summary>
    public byte[] TakeChunk(bool isEnd)
    {
        ReadOnlySpan<byte> arrived = Arrived.Span;
        int whole = isEnd ? arrived.Length : arrived.LastIndexOf((byte)'\n') + 1;
        using MemoryStream lines = new();
        ReadOnlySpan<byte> left = arrived[..whole];
        while (!left.IsEmpty)
        {
            int length = left.IndexOf((byte)'\n') + 1;
            length = length == 0 ? left.Length : length;
            lines.Write(Show(left[..length]));
            left = left[length..];
        }

        byte[] rest = arrived[whole..].ToArray();
        Arrived.Clear();
        Arrived.Add(rest);
        using MemoryStream chunk = new();
        if (lines.Length > 0)
        {
            chunk.Write(Encoding.ASCII.GetBytes(
                lines.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n"));
            lines.WriteTo(chunk);
            chunk.Write("\r\n"u8);
        }

        if (isEnd)
        {
            chunk.Write("0\r\n\r\n"u8);
        }

        return chunk.ToArray();
    }

    private static ReadOnlySpan<byte> Show(ReadOnlySpan<byte> line)
    {
        if (line.IndexOf(s_label) < 0)
        {
            return line;
        }

        try
        {
            JsonNode? happened = JsonNode.Parse(line);
            if (happened is null)
            {
                return line;
            }

            DockerViews.ShowEvent(happened);
            return DockerJson.Write(happened);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException
            or ArgumentException)
        {
            return line; // of another shape, text that is none, names twice: not dockerd's
        }
    }
}
