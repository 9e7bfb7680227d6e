using Slipway.Stack;

namespace Slipway.Host.Tests;

/// <summary>Remembers what it was told, and may act on it.</summary>
internal sealed class Owner(Action<Readiness>? act = null) : IReadinessOwner
{
    public Readiness Seen { get; set; }

    public int Calls { get; private set; }

    public void OnReady(Readiness readiness, Instant now)
    {
        Seen |= readiness;
        Calls++;
        act?.Invoke(readiness);
    }
}
