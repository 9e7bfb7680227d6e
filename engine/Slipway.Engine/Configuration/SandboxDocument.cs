using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Slipway.Engine;

/// <summary>The configuration's "sandbox".</summary>
internal sealed class SandboxDocument
{
    [Description(
        "auto: the process gives up all that it does not need and the host can take from it, and "
            + "says once what it cannot. on: an error where the host lacks something. off: it "
            + "gives up nothing. auto by default. Option --sandbox.")]
    [AllowedValues("auto", "on", "off")]
    public string? Mode { get; set; }

    [Description(
        "Absolute paths of folders and files that may be read and written, and published Unix "
            + "sockets made in, while the engine runs; beside those that other keys name.")]
    public List<string>? Paths { get; set; }
}
