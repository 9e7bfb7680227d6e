using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>What is bounded, how much of it is in use, and what was refused.</summary>
public sealed partial class NetworkEngine
{
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
}
