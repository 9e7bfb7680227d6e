using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Slipway.Engine;

/// <summary>The records of a name, by type.</summary>
internal sealed class DnsRecordFields
{
    [Description("Addresses, of both families.")]
    public List<string>? Address { get; set; }

    [Description("The name that this one stands for; then it has nothing else.")]
    public string? Cname { get; set; }

    [Description("Texts.")]
    public List<string>? Txt { get; set; }

    [Description("Who takes mail.")]
    public List<DnsMailDocument>? Mx { get; set; }

    [Description("Where a service is.")]
    public List<DnsServiceDocument>? Srv { get; set; }

    [Description("The name of an address.")]
    public string? Ptr { get; set; }

    [Description("Seconds that others may keep it, 0 to 604800.")]
    [Range(0, DnsRecordResolver.MaxTtlSeconds)]
    public int? Ttl { get; set; }
}
