using System.Globalization;
using Microsoft.AspNetCore.Http;
using Slipway.Engine;
using Slipway.Links;

namespace Slipway.Control;

/// <summary>
/// What a capture's request asks for: link=N or its name, filter=TERMS, snap=BYTES, count=FRAMES
/// and seconds=N.
/// </summary>
internal readonly record struct CaptureQuery(CaptureSettings Settings, TimeSpan? Lasts)
{
    private const int MostSeconds = 30 * 24 * 3600;

    /// <exception cref="ApiException">Names the parameter, its value and the remedy.</exception>
    public static CaptureQuery Read(IQueryCollection query, NetworkEngine engine)
    {
        foreach (string key in query.Keys)
        {
            if (key is not ("link" or "filter" or "snap" or "count" or "seconds"))
            {
                throw Wrong(key, "is not known; there are link, filter, snap, count and seconds");
            }
        }

        CaptureFilter filter = CaptureFilter.None;
        if (query.TryGetValue("filter", out Microsoft.Extensions.Primitives.StringValues terms)
            && !CaptureFilter.TryParse(terms.ToString(), out filter!, out string? problem))
        {
            throw Wrong("filter", problem);
        }

        CaptureSettings settings = new()
        {
            Link = query.ContainsKey("link") ? FindLink(query["link"].ToString(), engine) : null,
            Filter = filter,
            SnapLengthBytes =
                (int)(ReadNumber(query, "snap", CaptureSettings.LargestSnapBytes) ?? 0),
            MostFrames = ReadNumber(query, "count", long.MaxValue),
        };
        return new CaptureQuery(
            settings,
            ReadNumber(query, "seconds", MostSeconds) is long seconds
                ? TimeSpan.FromSeconds(seconds) : null);
    }

    private static int FindLink(string text, NetworkEngine engine)
    {
        IReadOnlyList<LinkName> links = engine.ListLinks();
        foreach (LinkName link in links)
        {
            if (text == link.Name
                || text == link.Number.ToString(CultureInfo.InvariantCulture))
            {
                return link.Number;
            }
        }

        throw Wrong("link", $"'{text}' is not here; there are: "
            + string.Join(", ", links.Select(link => $"{link.Number} ({link.Name})")));
    }

    private static long? ReadNumber(IQueryCollection query, string key, long largest)
    {
        if (!query.ContainsKey(key))
        {
            return null;
        }

        string text = query[key].ToString();
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            && value >= 1 && value <= largest
            ? value
            : throw Wrong(key, $"'{text}' is not a whole number from 1 to {largest}");
    }

    private static ApiException Wrong(string key, string what) =>
        new(StatusCodes.Status400BadRequest, $"{key} {what}");
}
