using Microsoft.AspNetCore.Http;

namespace Slipway.Control;

/// <summary>/v1/openapi.json: what /v1 has, in OpenAPI 3.1; a test compares the two.</summary>
internal static class OpenApiDocument
{
    private const string ResourceName = "openapi.json";

    public static Stream Open() =>
        typeof(OpenApiDocument).Assembly.GetManifestResourceStream(ResourceName)!;

    public static async Task GetAsync(HttpContext context)
    {
        using Stream document = Open();
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = document.Length;
        await document.CopyToAsync(context.Response.Body, context.RequestAborted)
            .ConfigureAwait(false);
    }
}
