namespace Slipway.Wire;

/// <summary>
/// What a record of an MLDv2 report tells (RFC 3810 section 5.2.12); others may come from the wire
/// and mean nothing.
/// </summary>
public enum MulticastRecordType : byte
{
    ModeIsInclude = 1,
    ModeIsExclude = 2,
    ChangeToInclude = 3,
    ChangeToExclude = 4,
    AllowNewSources = 5,
    BlockOldSources = 6,
}
