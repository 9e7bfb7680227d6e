namespace Slipway.Abi;

/// <summary>
/// Numbers for objects that a program in C holds. A number is a place, the kind of object and a
/// generation, so that one which was given back, or never given, is recognised.
/// </summary>
/// <remarks>
/// <code>
///   generation u32 | kind u8 | place, 24 bits
/// </code>
/// </remarks>
internal static class HandleTable
{
    private const int PlaceBits = 24;
    private const int MostPlaces = 1 << 16;

    private static readonly Lock s_lock = new();
    private static readonly Stack<int> s_free = new();
    private static Slot[] s_slots = new Slot[16];

    // Place 0 is not used, so that no handle is 0.
    private static int s_used = 1;

    /// <summary>Gives an object a number.</summary>
    public static ulong Add(HandleKind kind, object value)
    {
        lock (s_lock)
        {
            if (!s_free.TryPop(out int place))
            {
                if (s_used == MostPlaces)
                {
                    AbiException.Throw(
                        Status.NoResources, $"there are {MostPlaces} handles; destroy some");
                }

                place = s_used++;
                if (place == s_slots.Length)
                {
                    Array.Resize(ref s_slots, 2 * place);
                }
            }

            ref Slot slot = ref s_slots[place];
            slot.Value = value;
            slot.Generation = slot.Generation == uint.MaxValue ? 1 : slot.Generation + 1;
            slot.Kind = kind;
            return ((ulong)slot.Generation << 32) | ((ulong)kind << PlaceBits) | (uint)place;
        }
    }

    /// <summary>The object of a number; throws for one that is no such object's.</summary>
    public static T Get<T>(HandleKind kind, ulong handle)
        where T : class
    {
        lock (s_lock)
        {
            return (T)Find(kind, handle).Value!;
        }
    }

    /// <summary>The same, and gives the number back.</summary>
    public static T Remove<T>(HandleKind kind, ulong handle)
        where T : class
    {
        lock (s_lock)
        {
            ref Slot slot = ref Find(kind, handle);
            T value = (T)slot.Value!;
            slot.Value = null;
            s_free.Push(Place(handle));
            return value;
        }
    }

    /// <summary>The same where it may have been given back meanwhile.</summary>
    public static void TryRemove(HandleKind kind, ulong handle)
    {
        lock (s_lock)
        {
            if (IsKnown(kind, handle))
            {
                Remove<object>(kind, handle);
            }
        }
    }

    private static ref Slot Find(HandleKind kind, ulong handle)
    {
        if (!IsKnown(kind, handle))
        {
            AbiException.Throw(
                Status.BadHandle,
                $"{handle:x} is no {kind} that there is: it was destroyed, or never given");
        }

        return ref s_slots[Place(handle)];
    }

    private static int Place(ulong handle) => (int)(handle & ((1 << PlaceBits) - 1));

    private static bool IsKnown(HandleKind kind, ulong handle)
    {
        int place = Place(handle);
        return place < s_slots.Length && s_slots[place].Value is not null
            && s_slots[place].Generation == (uint)(handle >> 32)
            && (ulong)kind == ((handle >> PlaceBits) & 0xff) && s_slots[place].Kind == kind;
    }

    private struct Slot
    {
        public object? Value;
        public uint Generation;
        public HandleKind Kind;
    }
}
