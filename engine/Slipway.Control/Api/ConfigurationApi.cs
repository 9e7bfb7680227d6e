using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Slipway.Engine;

namespace Slipway.Control;

/// <summary>
/// /v1/config: GET tells what holds; POST validate checks a configuration, diff says what it would
/// change, and apply changes it: published ports, services and what is intercepted, DNS records and
/// zones, upstream proxies and the log's level. Where anything else differs, apply names it and
/// changes nothing. /v1/log: GET and PUT the log's level.
/// </summary>
/// <remarks>
/// What a configuration does not speak of stays as it is, so that one of a few keys does for a
/// change, and options of the command line are not undone. A password alone makes no difference.
/// </remarks>
internal sealed class ConfigurationApi(NetworkEngine engine)
{
    private static readonly JsonDocumentOptions s_asConfiguration = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
    };

    private readonly Lock _applying = new();

    public Task GetAsync(HttpContext context) => ApiExchange.WriteAsync(
        context,
        ConfigurationKey.All.GroupBy(key => key.Key, StringComparer.Ordinal).ToDictionary(
            group => group.Key, group => (IReadOnlyList<string>)[.. group.SelectMany(Now)],
            StringComparer.Ordinal),
        ApiJsonContext.Default.DictionaryStringIReadOnlyListString);

    public async Task ValidateAsync(HttpContext context)
    {
        ConfigurationReader.Parse(await ApiExchange.ReadTextAsync(context).ConfigureAwait(false));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public async Task DiffAsync(HttpContext context) => await ApiExchange.WriteAsync(
        context, Compare(await ApiExchange.ReadTextAsync(context).ConfigureAwait(false), out _),
        ApiJsonContext.Default.IReadOnlyListConfigurationChange).ConfigureAwait(false);

    public async Task ApplyAsync(HttpContext context)
    {
        string json = await ApiExchange.ReadTextAsync(context).ConfigureAwait(false);
        IReadOnlyList<ConfigurationChange> changes;
        lock (_applying)
        {
            changes = Compare(json, out EngineConfiguration wanted);
            Apply(wanted, changes);
        }

        await ApiExchange.WriteAsync(
            context, changes, ApiJsonContext.Default.IReadOnlyListConfigurationChange)
            .ConfigureAwait(false);
    }

    public Task GetLogAsync(HttpContext context) => ApiExchange.WriteAsync(
        context, new LogReport { Level = Name(Log().Minimum) }, ApiJsonContext.Default.LogReport);

    public async Task SetLogAsync(HttpContext context)
    {
        LogReport wanted = await ApiExchange.ReadAsync(context, ApiJsonContext.Default.LogReport)
            .ConfigureAwait(false);
        bool isKnown = Enum.TryParse(wanted.Level, ignoreCase: true, out LogLevel level)
            && Name(level) == wanted.Level;
        Log().Minimum = isKnown ? level : throw new ApiException(
            StatusCodes.Status400BadRequest,
            $"level {wanted.Level}: must be debug, information, warning or error");
        await GetLogAsync(context).ConfigureAwait(false);
    }

    private void Apply(EngineConfiguration wanted, IReadOnlyList<ConfigurationChange> changes)
    {
        string[] others = [.. changes.Where(change => !change.IsLive).Select(one => one.Key)];
        if (others.Length > 0)
        {
            throw new ApiException(
                StatusCodes.Status409Conflict,
                $"{string.Join(", ", others)}: cannot change while the engine runs; start it "
                    + "anew; nothing was changed");
        }

        IAdjustableLog? log = changes.Any(change => change.Key == ConfigurationKey.LogLevel)
            ? Log() : null; // or nothing is changed
        new LiveChange(engine, wanted).Apply(
            changes.Select(change => change.Key).ToHashSet(StringComparer.Ordinal));
        if (log is not null)
        {
            log.Minimum = wanted.LogLevel;
        }
    }

    private List<ConfigurationChange> Compare(string json, out EngineConfiguration wanted)
    {
        wanted = ConfigurationReader.Parse(json, commandLine: null, engine.Configuration);
        using JsonDocument document = JsonDocument.Parse(json, s_asConfiguration);
        List<ConfigurationChange> changes = [];
        foreach (ConfigurationKey key in ConfigurationKey.All)
        {
            if (!key.IsIn(document.RootElement))
            {
                continue;
            }

            IReadOnlyList<string> now = Now(key);
            IReadOnlyList<string> then = key.Read(wanted);
            if (!now.Order(StringComparer.Ordinal).SequenceEqual(
                then.Order(StringComparer.Ordinal)))
            {
                changes.Add(new ConfigurationChange(key.Key, now, then, key.IsLive));
            }
        }

        return changes;
    }

    private IReadOnlyList<string> Now(ConfigurationKey key) => key.Key switch
    {
        ConfigurationKey.Publish =>
            [.. PublishChange.Configured(engine).Select(port => port.Specification.ToString())],
        ConfigurationKey.Services =>
            [.. engine.Services.Select(service => service.Specification.ToString())],
        ConfigurationKey.LogLevel when engine.Log is IAdjustableLog log => [$"{log.Minimum}"],
        _ => key.Read(engine.Configuration),
    };

    private IAdjustableLog Log() => engine.Log as IAdjustableLog ?? throw new ApiException(
        StatusCodes.Status409Conflict, "the program that runs this engine has the log's level");

    private static string Name(LogLevel level) => level.ToString().ToLowerInvariant();
}
