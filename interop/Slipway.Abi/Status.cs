namespace Slipway.Abi;

/// <summary>enum slipway_status of slipway.h, where each is explained.</summary>
internal enum Status
{
    Ok = 0,
    InvalidArgument = -1,
    StructSize = -2,
    BadHandle = -3,
    State = -4,
    Config = -5,
    Again = -6,
    InUse = -7,
    NoResources = -8,
    NotFound = -9,
    Timeout = -10,
    Reentrant = -11,
    Unsupported = -12,
    Link = -13,
    Internal = -14,
}
