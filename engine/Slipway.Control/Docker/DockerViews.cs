using System.Globalization;
using System.Text.Json.Nodes;

namespace Slipway.Control;

/// <summary>
/// Gives users back what they asked for in what dockerd tells of containers: the host's bindings in
/// place of the guest's, and no label of ours.
/// </summary>
internal sealed class DockerViews(Func<string, IReadOnlyList<ForwardedPort>> forwardsOf)
{
    /// <summary>GET /containers/ID/json, whose node is changed.</summary>
    public void ShowInspection(JsonNode container)
    {
        PortLabel? label = PortLabel.Find(container);
        Hide(container["Config"]?["Labels"]);
        if (label is null)
        {
            return;
        }

        IReadOnlyList<ForwardedPort> forwards = forwardsOf(PortLabel.Text(container, "Id"));
        if (container["HostConfig"]?["PortBindings"] is JsonObject bindings)
        {
            foreach ((string key, JsonArray asked) in label.Asked)
            {
                bindings[key] = asked.DeepClone();
            }
        }

        if (container["NetworkSettings"]?["Ports"] is JsonObject ports)
        {
            foreach (string key in ports.Where(port => port.Value is JsonArray { Count: > 0 })
                .Select(port => port.Key).ToArray())
            {
                JsonNode[] real = [.. forwards.Where(forward => forward.Wanted.Key == key)
                    .Select(forward => new JsonObject
                    {
                        ["HostIp"] = forward.HostIp,
                        ["HostPort"] = forward.HostPort,
                    })];
                ports[key] = real.Length > 0 ? new JsonArray(real) : null;
            }
        }
    }

    /// <summary>GET /containers/json, whose node is changed.</summary>
    public void ShowList(JsonNode containers)
    {
        foreach (JsonNode? container in containers as JsonArray ?? [])
        {
            PortLabel? label = PortLabel.Parse(container?["Labels"]?[PortLabel.Name]);
            Hide(container?["Labels"]);
            if (label is { IsEmpty: false } && container!["Ports"] is JsonArray ports)
            {
                container["Ports"] = ShowPorts(
                    ports, forwardsOf(PortLabel.Text(container, "Id")));
            }
        }
    }

    /// <summary>One of the lines of GET /events.</summary>
    public static void ShowEvent(JsonNode happened) => Hide(happened["Actor"]?["Attributes"]);

    private static JsonArray ShowPorts(JsonArray ports, IReadOnlyList<ForwardedPort> forwards)
    {
        JsonArray shown = [];
        HashSet<string> done = [];
        foreach (JsonNode? port in ports)
        {
            string key = string.Create(
                CultureInfo.InvariantCulture,
                $"{port?["PrivatePort"]?.GetValue<int>()}/{PortLabel.Text(port, "Type")}");
            if (port?["PublicPort"] is null)
            {
                shown.Add(port?.DeepClone());
            }
            else if (done.Add(key))
            {
                ForwardedPort[] real = [.. forwards.Where(one => one.Wanted.Key == key)];
                if (real.Length == 0)
                {
                    JsonObject bare = port.DeepClone().AsObject();
                    bare.Remove("IP");
                    bare.Remove("PublicPort");
                    shown.Add((JsonNode)bare);
                }

                foreach (ForwardedPort forward in real)
                {
                    shown.Add((JsonNode)new JsonObject
                    {
                        ["IP"] = forward.HostIp,
                        ["PrivatePort"] = port["PrivatePort"]!.DeepClone(),
                        ["PublicPort"] = forward.HostPortNumber,
                        ["Type"] = port["Type"]!.DeepClone(),
                    });
                }
            }
        }

        return shown;
    }

    private static void Hide(JsonNode? labels) => (labels as JsonObject)?.Remove(PortLabel.Name);
}
