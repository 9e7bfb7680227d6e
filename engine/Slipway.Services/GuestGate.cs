namespace Slipway.Services;

/// <summary>
/// Lets so many in at a time, and of one guest no more than its share: who waits longest of those
/// below it is next.
/// </summary>
/// <param name="most">Of all guests.</param>
/// <param name="mostOfAGuest">Of one, by the number of its link.</param>
internal sealed class GuestGate(int most, int mostOfAGuest)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(int Link, TaskCompletionSource In)> _waiting = [];
    private readonly Dictionary<int, int> _inside = [];
    private int _count;

    /// <summary>Waits until there is a place; bounding who waits is the caller's.</summary>
    public Task EnterAsync(int link)
    {
        lock (_lock)
        {
            if (MayEnter(link))
            {
                Take(link);
                return Task.CompletedTask;
            }

            TaskCompletionSource entered =
                new(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.AddLast((link, entered));
            return entered.Task;
        }
    }

    public void Leave(int link)
    {
        lock (_lock)
        {
            _count--;
            if (--_inside[link] == 0)
            {
                _inside.Remove(link);
            }

            for (LinkedListNode<(int Link, TaskCompletionSource In)>? at = _waiting.First;
                at is not null; at = at.Next)
            {
                if (MayEnter(at.Value.Link))
                {
                    Take(at.Value.Link);
                    at.Value.In.SetResult();
                    _waiting.Remove(at);
                    return;
                }
            }
        }
    }

    private bool MayEnter(int link) =>
        _count < most && _inside.GetValueOrDefault(link) < mostOfAGuest;

    private void Take(int link)
    {
        _count++;
        _inside[link] = _inside.GetValueOrDefault(link) + 1;
    }
}
