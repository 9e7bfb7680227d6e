namespace Slipway.Linux;

/// <summary>What becomes of a system call (seccomp(2)).</summary>
public enum SeccompVerdict
{
    Allow,

    /// <summary>It fails with an errno.</summary>
    Refuse,

    /// <summary>It is done, and the kernel's log says so.</summary>
    Log,

    /// <summary>The process ends by SIGSYS.</summary>
    Kill,
}
