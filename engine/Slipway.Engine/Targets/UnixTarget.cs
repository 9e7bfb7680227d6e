using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>
/// A Unix stream socket of the host. Where it may not be used, the guest is refused and the log
/// says why, once a minute at most.
/// </summary>
/// <param name="path">Its path; nothing needs to be there yet.</param>
/// <param name="log">Told what is wrong.</param>
internal sealed class UnixTarget(string path, IEngineLog log) : ServiceTarget
{
    private const long QuietMilliseconds = 60_000;

    // When the next line may be said, in the time of Environment.TickCount64.
    private long _nextLine = long.MinValue;

    public override HostError Connect(
        IHostNetwork network, int link, IReadinessOwner owner, out IHostStream? stream)
    {
        HostError error = network.ConnectUnix(path, owner, out stream);
        switch (error)
        {
            case HostError.Prohibited:
                Warn("this user may not connect to it; allow reading and writing, and passing "
                    + "through its directories");
                return HostError.Refused;
            case HostError.Other:
                Warn("it is no stream socket");
                return HostError.Refused;
            default:
                return error;
        }
    }

    private void Warn(string why)
    {
        long now = Environment.TickCount64;
        long next = Volatile.Read(ref _nextLine);
        if (now >= next
            && Interlocked.CompareExchange(ref _nextLine, now + QuietMilliseconds, next) == next)
        {
            log.Write(
                LogLevel.Warning, $"guests are refused the service at unix:{path}: {why}");
        }
    }
}
