using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Slipway.Control;

/// <summary>
/// What a user asked for when a container was created, kept in a label of the container: it is
/// there as long as the container is, whoever of us is started anew meanwhile.
/// </summary>
/// <remarks>
/// <code>
/// {"all": true, "ports": {"80/tcp": {"guest": 20000, "asked": [{"HostIp": "", "HostPort":
/// "80"}]}}}
/// </code>
/// Images made of such a container have the label, too, and so have containers of such images. A
/// port in it counts only where the container itself has the binding that was made for it.
/// </remarks>
internal sealed class PortLabel
{
    public const string Name = "dev.slipway.ports";

    /// <summary>Host ports that a container may have.</summary>
    public const int MostPorts = 4_096;

    private readonly JsonObject _ports = [];

    /// <summary>All ports that the image exposes are to be published, on ports of the host that are
    /// free (`-P`).</summary>
    public bool TakesAll { get; set; }

    public bool IsEmpty => !TakesAll && _ports.Count == 0;

    /// <summary>What was asked for, by the container's port.</summary>
    public IEnumerable<KeyValuePair<string, JsonArray>> Asked => _ports.Select(
        port => KeyValuePair.Create(port.Key, port.Value!["asked"]!.AsArray()));

    /// <summary>What the host is to have.</summary>
    public IEnumerable<WantedPort> Wanted => Asked.SelectMany(port => port.Value.Select(
        binding => WantedPort.Parse(
            port.Key, Text(binding, "HostIp"), Text(binding, "HostPort"), GuestPort(port.Key))));

    /// <summary>
    /// The label of a container, as inspection tells of it; null when it has none that counts.
    /// </summary>
    public static PortLabel? Find(JsonNode container)
    {
        PortLabel? label = Parse(container["Config"]?["Labels"]?[Name]);
        JsonObject? bindings = container["HostConfig"]?["PortBindings"] as JsonObject;
        foreach (string key in label?._ports.Select(port => port.Key).ToArray() ?? [])
        {
            if (bindings?[key] is not JsonArray { Count: > 0 } own
                || Text(own[0], "HostPort") != Text(label!.GuestPort(key)))
            {
                label!._ports.Remove(key);
            }
        }

        if (label is not null)
        {
            label.TakesAll &= container["HostConfig"]?["PublishAllPorts"]?.GetValue<bool>() is true;
        }

        return label is { IsEmpty: false } ? label : null;
    }

    /// <summary>Reads a label's text; null when it is none that was written here.</summary>
    public static PortLabel? Parse(JsonNode? text)
    {
        try
        {
            JsonNode? node = text is null ? null : JsonNode.Parse(text.GetValue<string>());
            if (node is null)
            {
                return null;
            }

            PortLabel label = new() { TakesAll = node["all"]?.GetValue<bool>() is true };
            foreach ((string key, JsonNode? port) in node["ports"]?.AsObject() ?? [])
            {
                label.Add(key, port!["guest"]!.GetValue<int>(), port["asked"]!.AsArray());
            }

            return label.Wanted.Count() <= MostPorts ? label : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException
            or NullReferenceException or FormatException or DockerRefusal
            or ArgumentException) // a name that is there twice
        {
            return null;
        }
    }

    public void Add(string key, int guestPort, JsonArray asked) => _ports.Add(
        key, new JsonObject { ["guest"] = guestPort, ["asked"] = asked.DeepClone() });

    public IEnumerable<(string Protocol, int Port)> GuestPorts => _ports.Select(port => (
        port.Key[(port.Key.IndexOf('/', StringComparison.Ordinal) + 1)..], GuestPort(port.Key)));

    public bool Has(string key) => _ports.ContainsKey(key);

    public override string ToString()
    {
        JsonObject node = new() { ["ports"] = _ports.DeepClone() };
        if (TakesAll)
        {
            node["all"] = true;
        }

        return node.ToJsonString();
    }

    internal static string Text(JsonNode? node, string key) =>
        node?[key]?.GetValue<string>() ?? "";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private int GuestPort(string key) => _ports[key]!["guest"]!.GetValue<int>();
}
