using Microsoft.AspNetCore.Http;

namespace Slipway.Control;

/// <summary>
/// The status page at /: one page, one script and one style, which are in the program. What it
/// shows it asks of /v1; the page itself holds nothing of the engine.
/// </summary>
internal static class PageApi
{
    // Nothing from elsewhere, nothing inline, in no frame: a name that a guest gives itself stays
    // text, and could load nothing if it did not.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        + "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>It asks for what is the same in every engine.</summary>
    public static bool IsPage(HttpRequest request) => HttpMethods.IsGet(request.Method)
        && request.Path.Value is ("/" or "/page.js" or "/page.css");

    public static Task GetPageAsync(HttpContext context) =>
        WriteAsync(context, "index.html", "text/html; charset=utf-8");

    public static Task GetScriptAsync(HttpContext context) =>
        WriteAsync(context, "page.js", "text/javascript; charset=utf-8");

    public static Task GetStyleAsync(HttpContext context) =>
        WriteAsync(context, "page.css", "text/css; charset=utf-8");

    private static async Task WriteAsync(HttpContext context, string name, string type)
    {
        IHeaderDictionary fields = context.Response.Headers;
        fields.ContentSecurityPolicy = Policy;
        fields.XContentTypeOptions = "nosniff";
        fields["Referrer-Policy"] = "no-referrer";
        fields.CacheControl = "no-cache";
        context.Response.ContentType = type;
        using Stream file = typeof(PageApi).Assembly.GetManifestResourceStream(name)!;
        context.Response.ContentLength = file.Length;
        await file.CopyToAsync(context.Response.Body, context.RequestAborted)
            .ConfigureAwait(false);
    }
}
