namespace Slipway.SystemTests.Harness;

/// <summary>
/// A guest with a kernel of its own: Debian's cloud kernel under QEMU, without hardware help (TCG),
/// its network card connected to the engine's socket.
/// </summary>
public sealed class QemuGuest : MachineGuest
{
    /// <param name="host">Where QEMU runs.</param>
    /// <param name="network">What follows -netdev; its id is n0.</param>
    public QemuGuest(NetworkNamespace host, string network)
        : this(host, ["-netdev", network, "-device", "virtio-net-pci,netdev=n0,romfile="])
    {
    }

    private QemuGuest(NetworkNamespace host, string[] devices, params string[] environment)
    {
        string kernel = Directory.GetFiles("/boot", "vmlinuz-*cloud-amd64").Order().Last();
        Boot(
            (folder, disk) => host.Start([
                "env", .. environment, "qemu-system-x86_64",
                "-machine", "q35,accel=tcg", "-cpu", "max", "-smp", "1",
                "-m", "768", "-display", "none", "-monitor", "none", "-nodefaults", "-no-reboot",
                "-serial", $"file:{folder}/console", "-serial", "stdio",
                "-kernel", kernel, "-initrd", disk, "-append", "console=ttyS0 panic=-1 quiet",
                .. devices]),
            Path.GetFileName(kernel)["vmlinuz-".Length..]);
    }

    /// <summary>
    /// A guest whose memory the engine shares. Without vectors=0 QEMU 7.2 ends itself by SIGSEGV
    /// when the guest's driver starts.
    /// </summary>
    /// <param name="host">Where QEMU runs.</param>
    /// <param name="path">The engine's socket, which is tried again when the engine ends.</param>
    /// <param name="device">Further properties of the network device.</param>
    /// <param name="queues">Pairs of queues.</param>
    public static QemuGuest OverVhostUser(
        NetworkNamespace host, string path, string device = "", int queues = 1) => new(host, [
            "-machine", "memory-backend=m",
            "-object", "memory-backend-memfd,id=m,size=768M,share=on",
            "-chardev", $"socket,id=c,path={path},reconnect=1",
            "-netdev", $"vhost-user,id=n0,chardev=c,queues={queues}",
            "-device", $"virtio-net-pci,netdev=n0,romfile=,vectors=0{device}",
        ]);

    /// <summary>
    /// A guest on QEMU's own user network, or on the shim that takes its place.
    /// </summary>
    /// <param name="host">Where QEMU runs.</param>
    /// <param name="shim">The library to load before libslirp; null for none.</param>
    /// <param name="options">More of -netdev user, each with a comma before it.</param>
    public static QemuGuest OverUserNetwork(
        NetworkNamespace host, string? shim, string options) => new(
            host,
            ["-netdev", "user,id=n0" + options, "-device", "virtio-net-pci,netdev=n0,romfile="],
            shim is null ? [] : [$"LD_PRELOAD={shim}"]);
}
