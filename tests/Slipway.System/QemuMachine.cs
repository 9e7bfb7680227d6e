using Slipway.SystemTests.Harness;

namespace Slipway.SystemTests;

/// <summary>
/// One engine and one QEMU guest for all of <see cref="QemuTests"/>: a boot takes long.
/// </summary>
public sealed class QemuMachine(Site site) : IDisposable
{
    public const string PublishedPort = "8100";

    private readonly string path =
        Path.Combine(Path.GetTempPath(), $"slipway-qemu-{Environment.ProcessId}.sock");

    private SlipwayEngine? engine;
    private QemuGuest? guest;

    public SlipwayEngine Engine
    {
        get
        {
            Start();
            return engine!;
        }
    }

    public QemuGuest Guest
    {
        get
        {
            Start();
            return guest!;
        }
    }

    public void Dispose()
    {
        guest?.Dispose();
        engine?.Dispose();
    }

    private void Start()
    {
        engine ??= new SlipwayEngine(site, $"--link=stream:{path}", "--mtu=1500",
            $"--publish=127.0.0.1:{PublishedPort}:7000/tcp",
            $"--publish=127.0.0.1:{PublishedPort}:7000/udp");
        guest ??= new QemuGuest(
            site.Host, $"stream,id=n0,server=off,addr.type=unix,addr.path={path}");
    }
}
