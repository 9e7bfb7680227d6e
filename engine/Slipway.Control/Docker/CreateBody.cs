using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Slipway.Control;

/// <summary>
/// The body of POST /containers/create: the ports that a user asks for are the host's, so they go
/// into a label, and dockerd is told to bind others in their place, on addresses where the engine
/// reaches them.
/// </summary>
internal sealed class CreateBody
{
    /// <summary>The most that a body may have, in bytes.</summary>
    public const int MaximumBytes = 8 << 20;

    private readonly JsonObject _body;
    private readonly JsonObject? _host;

    private CreateBody(JsonObject body)
    {
        _body = body;
        _host = Find(body, "HostConfig") as JsonObject;
        Bindings = _host is null || IsElsewhere(_host) ? null
            : Find(_host, "PortBindings") as JsonObject;
        TakesAll = _host is not null && !IsElsewhere(_host)
            && Find(_host, "PublishAllPorts") is JsonValue all && all.GetValue<bool>();
        IsPlain = !TakesAll && !(Bindings?.Any(port => IsAsked(port.Value)) ?? false);
    }

    /// <summary>By the container's port, what the host is to have for it.</summary>
    public JsonObject? Bindings { get; }

    /// <summary>`-P`.</summary>
    public bool TakesAll { get; }

    /// <summary>It is passed on as it is, unless somebody has forged a label.</summary>
    public bool IsPlain { get; }

    /// <exception cref="DockerRefusal">It is not JSON, or says something twice.</exception>
    public static CreateBody Parse(ReadOnlySpan<byte> body)
    {
        try
        {
            JsonDocumentOptions strict = new() { AllowDuplicateProperties = false };
            return JsonNode.Parse(body, nodeOptions: null, strict) is JsonObject root
                ? new CreateBody(root)
                : throw new DockerRefusal("the body is not a JSON object", 400);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new DockerRefusal($"the body cannot be read: {e.Message}", 400);
        }
    }

    /// <summary>The body that dockerd is sent.</summary>
    /// <param name="choose">
    /// The guest's port for one of the container's, which prefers the host's port that is named
    /// (0 for none).
    /// </param>
    /// <param name="guestIp">0.0.0.0, or :: where the engine reaches the guest by IPv6.</param>
    /// <exception cref="DockerRefusal">What is asked for cannot be had.</exception>
    public byte[] Rewrite(Func<string, int, int> choose, string guestIp)
    {
        try
        {
            return RewritePorts(choose, guestIp);
        }
        catch (InvalidOperationException e)
        {
            throw new DockerRefusal($"the body's PortBindings cannot be read: {e.Message}", 400);
        }
    }

    private byte[] RewritePorts(Func<string, int, int> choose, string guestIp)
    {
        PortLabel label = new() { TakesAll = TakesAll };
        int count = 0;
        foreach ((string key, JsonArray asked) in Asked())
        {
            count += asked.Count;
            string port = key.Contains('/', StringComparison.Ordinal) ? key : $"{key}/tcp";
            WantedPort[] wanted = [.. asked.Select(binding => WantedPort.Parse(
                port, PortLabel.Text(binding, "HostIp"), PortLabel.Text(binding, "HostPort"), 0))];
            if (count > PortLabel.MostPorts)
            {
                throw new DockerRefusal(
                    $"more than {PortLabel.MostPorts} ports are published", 400);
            }

            int guestPort = choose(
                wanted[0].Protocol,
                wanted.Length == 1 && wanted[0].First == wanted[0].Last ? wanted[0].First : 0);
            if (label.Has(port))
            {
                throw new DockerRefusal($"PortBindings has {port} more than once", 400);
            }

            // In inspection a port is looked for by its whole name.
            label.Add(port, guestPort, asked);
            Bindings!.Remove(key);
            Bindings[port] = new JsonArray(new JsonObject
            {
                ["HostIp"] = guestIp,
                ["HostPort"] = guestPort.ToString(CultureInfo.InvariantCulture),
            });
        }

        SetLabel(label);
        return DockerJson.Write(_body);
    }

    private KeyValuePair<string, JsonArray>[] Asked() => Bindings is null ? []
        : [.. Bindings.Where(port => IsAsked(port.Value))
            .Select(port => KeyValuePair.Create(port.Key, port.Value!.AsArray()))];

    private static bool IsAsked(JsonNode? bindings) => bindings is JsonArray { Count: > 0 };

    private void SetLabel(PortLabel label)
    {
        string key = KeyOf(_body, "Labels") ?? "Labels";
        if (_body[key] is not JsonObject labels)
        {
            _body[key] = labels = [];
        }

        labels[PortLabel.Name] = label.ToString();
    }

    // There dockerd publishes nothing, whatever is asked for.
    private static bool IsElsewhere(JsonObject host) =>
        Find(host, "NetworkMode") is JsonValue mode && mode.GetValue<string>() is string name
        && (name is "host" or "none" || name.StartsWith("container:", StringComparison.Ordinal));

    private static JsonNode? Find(JsonObject node, string name) =>
        KeyOf(node, name) is string key ? node[key] : null;

    // Go reads names whatever their case, and of two the last.
    private static string? KeyOf(JsonObject node, string name)
    {
        string[] keys = [.. node.Select(one => one.Key).Where(
            key => key.Equals(name, StringComparison.OrdinalIgnoreCase))];
        return keys.Length < 2 ? keys.FirstOrDefault()
            : throw new DockerRefusal($"the body has {name} more than once", 400);
    }
}
