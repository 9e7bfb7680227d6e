using System.Text.Json;
using System.Text.Json.Serialization;

namespace Slipway.Engine;

/// <summary>
/// What a name of the configuration has: an address, a list of them, or
/// <see cref="DnsRecordFields"/>.
/// </summary>
/// <param name="Value">As it is written; <see cref="DnsRecordResolver"/> reads it.</param>
[JsonConverter(typeof(DnsRecordConverter))]
internal sealed record DnsRecordDocument(JsonElement Value);
