using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Slipway.Engine;

/// <summary>An item of a record's "srv".</summary>
internal sealed class DnsServiceDocument
{
    [Description("The lowest is tried first, 0 to 65535; 0 by default.")]
    [Range(0, ushort.MaxValue)]
    public int? Priority { get; set; }

    [Description("The share among those of a priority, 0 to 65535; 0 by default.")]
    [Range(0, ushort.MaxValue)]
    public int? Weight { get; set; }

    [Description("The service's port, 0 to 65535.")]
    [Range(0, ushort.MaxValue)]
    public required int Port { get; set; }

    [Description("The name of the server.")]
    public required string Target { get; set; }
}
