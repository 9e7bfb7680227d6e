namespace Slipway.SystemTests.Harness;

/// <summary>
/// A guest with a kernel of its own: Debian's User Mode Linux, an ordinary process, with its
/// network card on a SOCK_SEQPACKET socket (its transport "bess").
/// </summary>
public sealed class UmlGuest : MachineGuest
{
    /// <param name="host">Where UML runs.</param>
    /// <param name="path">The engine's socket.</param>
    public UmlGuest(NetworkNamespace host, string path) => Boot((folder, disk) => host.Start([
        "env", $"TMPDIR={folder}", "linux.uml", "mem=384M", $"initrd={disk}",
        $"uml_dir={folder}", "quiet", "con=null", "ssl=null", "ssl1=fd:0,fd:1",
        $"vec0:transport=bess,dst={path},mac=52:54:00:12:34:56"]));
}
