using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>Watches the network namespace of a TAP, which the TAP itself keeps alive.</summary>
internal sealed class NamespaceGuard : IReadinessOwner, IDisposable
{
    private readonly string _path;
    private readonly Action<string, Instant> _gone;
    private int _descriptor;
    private IDescriptorWatcher? _watcher;

    /// <param name="path">/run/netns/NAME or /proc/PID/ns/net.</param>
    /// <param name="gone">Called once, on the worker.</param>
    internal NamespaceGuard(string path, Action<string, Instant> gone)
    {
        _path = path;
        _gone = gone;
        _descriptor = NamespaceWatch.Open(path); // without it the end is seen only by the guest
    }

    public void OnReady(Readiness readiness, Instant now)
    {
        if (NamespaceWatch.IsGone(_descriptor, _path))
        {
            Stop();
            _gone(_path, now);
        }
    }

    /// <summary>More than once: by then the number may be another's.</summary>
    public void Dispose()
    {
        Stop();
        if (_descriptor >= 0)
        {
            Files.Close(_descriptor);
            _descriptor = -1;
        }
    }

    internal void Start(IDescriptorWatcher watcher)
    {
        if (_descriptor >= 0)
        {
            _watcher = watcher;
            watcher.Watch(_descriptor, Readiness.Readable, this);
        }
    }

    private void Stop()
    {
        _watcher?.Unwatch(_descriptor);
        _watcher = null;
    }
}
