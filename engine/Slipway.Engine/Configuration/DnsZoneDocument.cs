using System.ComponentModel;

namespace Slipway.Engine;

/// <summary>A zone of the configuration's "dns.zones".</summary>
internal sealed class DnsZoneDocument
{
    [Description(
        "Names before the zone's own, each with its records as in dns.records; @ is the zone's "
            + "own name, and *.NAME stands for all names below it.")]
    public Dictionary<string, DnsRecordDocument>? Records { get; set; }

    [Description(
        "Regular expressions that are searched for in what stands before the zone's name, in "
            + "lower case, each with its records; names go first, then the first that is found.")]
    public Dictionary<string, DnsRecordDocument>? Patterns { get; set; }

    [Description("Addresses of all other names; these do not exist by default.")]
    public List<string>? Default { get; set; }
}
