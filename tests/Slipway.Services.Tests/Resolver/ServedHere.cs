using Slipway.Linux;

namespace Slipway.Services.Tests.Resolver;

/// <summary>The real service at the other end, on threads of this process.</summary>
internal sealed class ServedHere : IResolverProcesses
{
    private readonly List<int> _far = [];

    public int Start(ResolverRole role, out int endedStatus)
    {
        endedStatus = _far.Count > 0 ? 137 : 0;
        Assert.Equal(0, DescriptorChannel.Open(out int near, out int far));
        _far.Add(far);
        Thread serving = new(() => ResolverService.Serve(role, far, () => { }))
        {
            IsBackground = true,
        };
        serving.Start();
        return near;
    }

    /// <summary>The one that runs is gone, whatever it does.</summary>
    public void Kill() => Sockets.Shutdown(_far[^1], Sockets.ShutdownBoth);

    public void Dispose()
    {
        foreach (int far in _far)
        {
            _ = Sockets.Shutdown(far, Sockets.ShutdownBoth);
        }
    }
}
