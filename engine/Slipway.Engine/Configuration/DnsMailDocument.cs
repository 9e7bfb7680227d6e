using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Slipway.Engine;

/// <summary>An item of a record's "mx".</summary>
internal sealed class DnsMailDocument
{
    [Description("The lowest is tried first, 0 to 65535; 10 by default.")]
    [Range(0, ushort.MaxValue)]
    public int? Preference { get; set; }

    [Description("The name of the mail server.")]
    public required string Exchange { get; set; }
}
