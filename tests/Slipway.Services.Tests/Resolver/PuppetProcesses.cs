using System.Collections.Concurrent;
using Slipway.Linux;

namespace Slipway.Services.Tests.Resolver;

/// <summary>Processes whose words the test speaks.</summary>
internal sealed class PuppetProcesses : IResolverProcesses
{
    private readonly BlockingCollection<int> _started = [];

    /// <summary>Fails with this errno, if not 0.</summary>
    public int Errno { get; set; }

    public int Start(ResolverRole role, out int endedStatus)
    {
        endedStatus = 134;
        if (Errno != 0)
        {
            return -Errno;
        }

        Assert.Equal(0, DescriptorChannel.Open(out int near, out int far));
        _started.Add(far);
        return near;
    }

    /// <summary>The next one that is started.</summary>
    public Puppet Next()
    {
        Assert.True(_started.TryTake(out int far, TimeSpan.FromSeconds(60)), "none was started");
        return new Puppet(far);
    }

    public void Dispose() => _started.Dispose();
}
