namespace Slipway.Linux;

/// <summary>How a look-up by getaddrinfo ended.</summary>
public enum NameResolutionResult
{
    Found,

    /// <summary>EAI_NODATA: the name exists, but has no address of this family.</summary>
    NoAddress,

    /// <summary>EAI_NONAME: no such name (or, by some modules, no such address).</summary>
    NoName,

    /// <summary>EAI_AGAIN: no name server answered.</summary>
    TryAgain,

    /// <summary>Any other error.</summary>
    Failed,
}
