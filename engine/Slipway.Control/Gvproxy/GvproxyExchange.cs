using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Slipway.Control;

/// <summary>
/// Requests and responses as gvproxy has them: everything is text/plain and ends with a line feed,
/// JSON as well; a failure is its text alone.
/// </summary>
internal static class GvproxyExchange
{
    private const string TextType = "text/plain; charset=utf-8";
    private const int MostBodyBytes = 64 << 10;

    private static readonly JsonWriterOptions s_json = new()
    {
        // Go escapes what HTML could take for markup, and nothing else.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Answers, or says why not.</summary>
    public static async Task AnswerAsync(HttpContext context, Func<HttpContext, Task> answer)
    {
        try
        {
            await answer(context).ConfigureAwait(false);
        }
        catch (GvproxyException e) when (!context.Response.HasStarted)
        {
            context.Response.Headers.XContentTypeOptions = "nosniff";
            await WriteTextAsync(context, e.Status, e.Message).ConfigureAwait(false);
        }
    }

    public static Task WriteTextAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        return WriteAsync(context, Encoding.UTF8.GetBytes(text + "\n"));
    }

    /// <summary>Writes JSON with status 200.</summary>
    public static Task WriteJsonAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter json = new(text, s_json))
        {
            write(json);
        }

        text.Write("\n"u8);
        return WriteAsync(context, text.WrittenMemory);
    }

    /// <summary>Reads a body that is to be posted.</summary>
    /// <exception cref="GvproxyException">It was not posted, or is not what is asked
    /// for.</exception>
    public static async Task<GoJsonObject> ReadPostAsync(HttpContext context, string type)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            throw new GvproxyException(StatusCodes.Status400BadRequest, "post only");
        }

        using MemoryStream body = new();
        byte[] buffer = new byte[4_096];
        int read;
        while ((read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)
            .ConfigureAwait(false)) > 0)
        {
            body.Write(buffer, 0, read);
            if (body.Length > MostBodyBytes)
            {
                throw new GvproxyException(
                    StatusCodes.Status413PayloadTooLarge, "http: request body too large");
            }
        }

        return GoJsonObject.Parse(body.ToArray(), type);
    }

    private static Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> text)
    {
        context.Response.ContentType = TextType;
        context.Response.ContentLength = text.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask
            : context.Response.Body.WriteAsync(text, context.RequestAborted).AsTask();
    }
}
