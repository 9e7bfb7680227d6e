namespace Slipway.Stack;

/// <summary>Watches descriptors for the links; implemented over the worker's epoll.</summary>
public interface IDescriptorWatcher
{
    /// <summary>
    /// Tells the owner when the descriptor is ready, level-triggered. A second call changes the
    /// interest. <see cref="Readiness.Error"/> is always told.
    /// </summary>
    void Watch(int descriptor, Readiness interest, IReadinessOwner owner);

    /// <summary>
    /// Tells the owner of each signal of an event descriptor (eventfd(2)), which he does not read:
    /// whoever shares it could make a read wait. What it counts already is told at once, and again
    /// after a second call.
    /// </summary>
    void WatchSignals(int descriptor, IReadinessOwner owner);

    /// <summary>
    /// Forgets the descriptor; call it before closing. Nothing is told afterwards.
    /// </summary>
    void Unwatch(int descriptor);
}
