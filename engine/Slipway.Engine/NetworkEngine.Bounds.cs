using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>
/// What guests share: what is bounded, in use and was refused; and which of them meet.
/// </summary>
public sealed partial class NetworkEngine
{
    private readonly Func<IReadOnlyList<SandboxPoint>>? _listSandbox;

    /// <summary>
    /// What the program's process has given up, looked at now; empty where the program does not
    /// say. From any thread.
    /// </summary>
    public IReadOnlyList<SandboxPoint> ListSandbox() => _listSandbox?.Invoke() ?? [];

    /// <summary>
    /// All bounds that guests share, those of several workers as one; from any thread.
    /// </summary>
    public IReadOnlyList<BoundReport> ListBounds()
    {
        List<BoundReport> bounds = [];
        foreach (Worker worker in (IEnumerable<Worker>)[_keeper, .. _shards])
        {
            foreach (GuestBound bound in worker.Counters.Guests.Bounds)
            {
                int known = bounds.FindIndex(one => one.Name == bound.Name);
                if (known < 0)
                {
                    bounds.Add(bound.Report());
                }
                else
                {
                    bounds[known] += bound.Report();
                }
            }
        }

        bounds.AddRange(_dns.Bounds);
        bounds.AddRange(_proxy?.Bounds ?? []);
        if (_pages is not null)
        {
            bounds.Add(_pages.Bound);
        }

        bounds.Add(WaitingClients.Report(_waiting));
        return bounds;
    }

    // Groups have numbers in the order in which they are named.
    private int GroupOf(LinkSpecification link)
    {
        if (link.IsIsolated || link.Group is null)
        {
            return link.IsIsolated ? GuestGroup.Isolated : GuestGroup.Common;
        }

        List<string?> names = [.. _configuration.Links.Select(one => one.Group).Distinct()];
        return GuestGroup.Common + 1 + names.IndexOf(link.Group);
    }
}
