using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Slipway.Engine;
using Slipway.Services;
using Slipway.Wire;

namespace Slipway.Control;

/// <summary>
/// Names as gvproxy's API has them: zones of addresses. Of several records with one name the newest
/// counts, and only that one is kept.
/// </summary>
internal sealed class GvproxyZones(NetworkEngine engine)
{
    private static readonly string[] s_builtIn = ["containers.internal", "docker.internal"];
    private readonly Lock _changing = new();

    /// <summary>Adds records to a zone, which is made if there is none.</summary>
    /// <exception cref="GvproxyException">It cannot be done.</exception>
    public void Add(GoJsonObject request)
    {
        string name = request.Text("Name");
        List<DnsZoneRecord> records = [];
        foreach (GoJsonObject record in request.List("Records", "Record"))
        {
            string pattern = record.Text("Regexp");
            records.Add(new DnsZoneRecord(
                pattern.Length > 0 ? null : record.Text("Name"),
                pattern.Length > 0 ? pattern : null,
                DnsRecordContent.Address(ParseAddress(record.Text("IP")))));
        }

        IReadOnlyList<IpAddress> otherwise = request.Text("DefaultIP") is { Length: > 0 } address
            ? [ParseAddress(address)] : [];
        try
        {
            lock (_changing)
            {
                DnsZone? before = Find(name);
                engine.SetDnsZone(new DnsZone(
                    name, Newest([.. records, .. before?.Records ?? []]), otherwise));
            }
        }
        catch (RegexParseException e)
        {
            throw Wrong($"error parsing regexp: {e.Message}");
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw Wrong(e.Message);
        }
        catch (InvalidOperationException full)
        {
            throw new GvproxyException(StatusCodes.Status500InternalServerError, full.Message);
        }
    }

    /// <summary>Writes all zones, and the engine's own names as the two that gvproxy has.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartArray();
        foreach (DnsZone zone in engine.ListDnsZones())
        {
            Write(json, zone);
        }

        foreach (string name in s_builtIn.Where(name => Find(name) is null))
        {
            Write(json, new DnsZone(name, [], []));
        }

        json.WriteEndArray();
    }

    private void Write(Utf8JsonWriter json, DnsZone zone)
    {
        string name = zone.Name.TrimEnd('.');
        json.WriteStartObject();
        json.WriteString("Name", name + ".");
        json.WriteStartArray("Records");
        foreach (DnsZoneRecord record in zone.Records.Where(
            record => record.Data.Type is DnsType.A or DnsType.Aaaa))
        {
            Write(json, record.Name ?? "", record.Data.IpAddress, record.Pattern);
        }

        if (s_builtIn.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            Write(json, "gateway", engine.Configuration.Gateway, null);
            if (engine.Configuration.HostAlias is IpAddress host)
            {
                Write(json, "host", host, null);
            }
        }

        json.WriteEndArray();
        string otherwise = zone.DefaultAddresses.Count > 0
            ? zone.DefaultAddresses[0].ToString() : "";
        json.WriteString("DefaultIP", otherwise);
        json.WriteEndObject();
    }

    private static void Write(
        Utf8JsonWriter json, string name, IpAddress address, string? pattern)
    {
        json.WriteStartObject();
        json.WriteString("Name", name);
        json.WriteString("IP", address.ToString());
        if (pattern is not null)
        {
            json.WriteString("Regexp", pattern);
        }

        json.WriteEndObject();
    }

    private DnsZone? Find(string name) => engine.ListDnsZones().FirstOrDefault(
        zone => zone.Name.TrimEnd('.').Equals(
            name.TrimEnd('.'), StringComparison.OrdinalIgnoreCase));

    // The first of each name and pattern.
    private static List<DnsZoneRecord> Newest(IEnumerable<DnsZoneRecord> records) =>
        [.. records.DistinctBy(record =>
            (record.Name?.ToUpperInvariant(), record.Pattern, record.Data.Type))];

    private static IpAddress ParseAddress(string text) =>
        IpAddress.TryParse(text, out IpAddress address) ? address
            : throw Wrong($"invalid IP address: {text}");

    private static GvproxyException Wrong(string text) =>
        new(StatusCodes.Status400BadRequest, text);
}
