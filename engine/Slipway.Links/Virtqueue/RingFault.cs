namespace Slipway.Links;

/// <summary>
/// What a guest's driver did with a ring that no driver may do. The queue stops until the VMM
/// starts it again.
/// </summary>
internal enum RingFault : byte
{
    None = 0,

    /// <summary>More chains are said to be available than the ring has descriptors.</summary>
    IndexJumped,

    /// <summary>A chain begins, or goes on, beyond the table.</summary>
    OutsideTable,

    /// <summary>A chain has more descriptors than the ring: it loops.</summary>
    ChainTooLong,

    /// <summary>A buffer or a table is not wholly within one region of memory.</summary>
    OutsideMemory,

    /// <summary>A buffer of no bytes, or of more than 2 GiB.</summary>
    BadLength,

    /// <summary>A buffer to read where one to write belongs, or the reverse.</summary>
    WrongDirection,

    /// <summary>
    /// An indirect table that was not negotiated, is within another, or is followed by more.
    /// </summary>
    BadIndirect,

    /// <summary>A chain too short for the header of a frame.</summary>
    TooShort,
}
