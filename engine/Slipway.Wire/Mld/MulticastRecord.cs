namespace Slipway.Wire;

/// <summary>
/// What a listener tells about one group (RFC 3810 section 5.2), without its sources: a switch
/// that forwards by group alone needs to know only whether there are any.
/// </summary>
/// <param name="Type">What it tells.</param>
/// <param name="Group">A multicast address.</param>
/// <param name="SourceCount">Sources that are named.</param>
public readonly record struct MulticastRecord(
    MulticastRecordType Type, IpAddress Group, int SourceCount)
{
    /// <summary>
    /// It listens to the group: to all sources but some, or to at least one.
    /// </summary>
    public bool Joins => Type switch
    {
        MulticastRecordType.ModeIsExclude or MulticastRecordType.ChangeToExclude => true,
        MulticastRecordType.ModeIsInclude or MulticastRecordType.ChangeToInclude
            or MulticastRecordType.AllowNewSources => SourceCount > 0,
        _ => false,
    };

    /// <summary>
    /// It listens to the group no longer: to no sources but none. A record that neither joins nor
    /// leaves changes nothing.
    /// </summary>
    public bool Leaves => SourceCount == 0
        && Type is MulticastRecordType.ModeIsInclude or MulticastRecordType.ChangeToInclude;
}
