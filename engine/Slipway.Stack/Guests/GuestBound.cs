namespace Slipway.Stack;

/// <summary>A bound that guests share, and what they have of it.</summary>
/// <remarks>Written by its worker; each number is whole for readers on other threads.</remarks>
public abstract class GuestBound
{
    private readonly GuestShares _shares;
    private readonly int _percent;
    private readonly int _keptFree;
    private int _used;
    private long _refused;
    private long _refusedOfShare;

    /// <param name="shares">Who shares it.</param>
    /// <param name="limits">The rule.</param>
    /// <param name="name">The key of the configuration's "limits".</param>
    /// <param name="most">The bound.</param>
    /// <param name="keptFree">What a guest that is alone leaves to the next one.</param>
    private protected GuestBound(
        GuestShares shares, StackLimits limits, string name, int most, int keptFree = 0)
    {
        _shares = shares;
        _percent = limits.GuestShare;
        _keptFree = keptFree;
        Name = name;
        Most = most;
        shares.Add(this);
    }

    /// <summary>The key of the configuration's "limits".</summary>
    public string Name { get; }

    /// <summary>The bound.</summary>
    public int Most { get; }

    /// <summary>What is in use, of all guests.</summary>
    public int Used => Volatile.Read(ref _used);

    /// <summary>
    /// What was refused, or had to make room, because all of the bound was in use.
    /// </summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>The same because one guest had its share.</summary>
    public long RefusedOfShare => Volatile.Read(ref _refusedOfShare);

    /// <summary>All of it as one; from any thread.</summary>
    public BoundReport Report() => new(Name, Used, Most, Refused, RefusedOfShare);

    /// <summary>All of the bound is in use.</summary>
    internal bool IsFull => _used >= Most;

    /// <summary>Whether a guest that has so much may have no more. Not counted.</summary>
    internal bool IsAtShare(int own) => _shares.Links <= 1
        ? own > 0 && own >= Most - _keptFree
        : own >= GuestShares.ShareOf(_percent, Most, _used - own);

    /// <summary>What a guest that has so much may have of it in all.</summary>
    private protected int ShareOf(int own) => _shares.Links <= 1
        ? Most - _keptFree
        : GuestShares.ShareOf(_percent, Most, _used - own);

    /// <summary>False where not even a guest that has all that is in use is at half.</summary>
    private protected bool MayBeAtHalf => _used * 2L > Most * (long)_percent / 100;

    private protected void Count(int change) => Volatile.Write(ref _used, _used + change);

    internal void CountRefused(bool ofShare)
    {
        if (ofShare)
        {
            Volatile.Write(ref _refusedOfShare, _refusedOfShare + 1);
        }
        else
        {
            Volatile.Write(ref _refused, _refused + 1);
        }
    }
}
