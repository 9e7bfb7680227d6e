using System.Text;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Slipway.Engine;

namespace Slipway.Control;

/// <summary>Reads requests and writes responses of the API.</summary>
internal static class ApiExchange
{
    /// <summary>Writes a value with status 200, or another one.</summary>
    public static Task WriteAsync<T>(
        HttpContext context, T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(
            value, type, contentType: null, context.RequestAborted);
    }

    /// <summary>Reads the body.</summary>
    /// <exception cref="ConfigurationException">It is not what is asked for: the key, the value
    /// and the remedy.</exception>
    public static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        string json = await ReadTextAsync(context).ConfigureAwait(false);
        return ConfigurationReader.Deserialize(json, "body", type);
    }

    /// <summary>Reads the body as text.</summary>
    public static async Task<string> ReadTextAsync(HttpContext context)
    {
        using StreamReader reader = new(context.Request.Body, Encoding.UTF8);
        return await reader.ReadToEndAsync(context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Removes what the path's id names.</summary>
    /// <exception cref="ApiException">There is no such one.</exception>
    public static Task DeleteAsync(
        HttpContext context, Func<int, bool> delete, string what, string list)
    {
        string? text = (string?)context.Request.RouteValues["id"];
        if (!int.TryParse(text, out int id) || !delete(id))
        {
            throw new ApiException(
                StatusCodes.Status404NotFound,
                $"there is no {what} {text}; GET {list} lists those that there are");
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    /// <summary>Answers, or says in a problem document why not.</summary>
    public static async Task AnswerAsync(HttpContext context, Func<Task> answer)
    {
        try
        {
            await answer().ConfigureAwait(false);
        }
        catch (Exception e) when (!context.Response.HasStarted && StatusOf(e) is int)
        {
            await WriteProblemAsync(context, StatusOf(e)!.Value, TextOf(e)).ConfigureAwait(false);
        }
    }

    public static Task WriteProblemAsync(HttpContext context, int status, string detail)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(
            new Problem(ReasonPhrases.GetReasonPhrase(status), status, detail),
            ApiJsonContext.Default.Problem, "application/problem+json", context.RequestAborted);
    }

    private static string TextOf(Exception e) =>
        e is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }
            ? $"the body is longer than {ControlHost.MaxBodyBytes} bytes; send less" : e.Message;

    private static int? StatusOf(Exception e) => e switch
    {
        ApiException own => own.Status,
        ConfigurationException { IsInUse: true } => StatusCodes.Status409Conflict,
        ConfigurationException => StatusCodes.Status400BadRequest,
        BadHttpRequestException bad => bad.StatusCode,
        ObjectDisposedException => StatusCodes.Status503ServiceUnavailable,
        _ => null,
    };
}
