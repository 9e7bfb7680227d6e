namespace Slipway.Services;

/// <summary>
/// Leases of one state, the oldest first. Every lease of a state lives equally long from when it
/// was added, so the first is also the first to expire.
/// </summary>
internal sealed class LeaseQueue
{
    public Lease? First { get; private set; }

    public int Count { get; private set; }

    private Lease? Last { get; set; }

    public void Add(Lease lease)
    {
        lease.Previous = Last;
        lease.Next = null;
        if (Last is null)
        {
            First = lease;
        }
        else
        {
            Last.Next = lease;
        }

        Last = lease;
        Count++;
    }

    public void Remove(Lease lease)
    {
        if (lease.Previous is null)
        {
            First = lease.Next;
        }
        else
        {
            lease.Previous.Next = lease.Next;
        }

        if (lease.Next is null)
        {
            Last = lease.Previous;
        }
        else
        {
            lease.Next.Previous = lease.Previous;
        }

        lease.Previous = null;
        lease.Next = null;
        Count--;
    }
}
