using System.Text.RegularExpressions;

namespace Slipway.Control;

/// <summary>What a request asks of a Docker engine, as far as it is understood here.</summary>
/// <param name="Kind">All that is not understood is passed on as it is.</param>
/// <param name="Container">The id or name in the path, or empty.</param>
internal readonly partial record struct DockerCall(DockerCallKind Kind, string Container)
{
    private static readonly DockerCall s_other = new(DockerCallKind.Other, "");

    /// <summary>Reads a request line, whose path dockerd decodes before it looks at it.</summary>
    public static DockerCall Of(HttpHead request)
    {
        string path = Uri.UnescapeDataString(request.Start[1].Split('?')[0]);
        Match match = Pattern().Match(path);
        if (!match.Success)
        {
            return s_other;
        }

        string rest = match.Groups["rest"].Value;
        int slash = rest.LastIndexOf('/');
        string container = slash > 0 ? rest[..slash] : "";
        string verb = rest[(slash + 1)..];
        return (request.Start[0], container.Length > 0, verb) switch
        {
            ("GET", _, _) when match.Groups["events"].Success =>
                new DockerCall(DockerCallKind.Events, ""),
            (_, _, _) when match.Groups["events"].Success => s_other,
            ("POST", false, "create") => new DockerCall(DockerCallKind.Create, ""),
            ("GET", false, "json") => new DockerCall(DockerCallKind.List, ""),
            ("GET", true, "json") => new DockerCall(DockerCallKind.Inspect, container),
            ("POST", true, "start" or "restart") => new DockerCall(DockerCallKind.Start, container),
            _ => s_other,
        };
    }

    [GeneratedRegex(
        """^(?:/v[0-9.]+)?/(?:(?<events>events)|containers/(?<rest>[^?]+))$""",
        RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
