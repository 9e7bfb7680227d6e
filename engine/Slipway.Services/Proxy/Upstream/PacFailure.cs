namespace Slipway.Services;

/// <summary>What counts where a PAC file cannot be had or fails.</summary>
public enum PacFailure
{
    /// <summary>The settings' own upstreams, else those of the next source, else direct.</summary>
    NextSource,

    /// <summary>The target is connected to directly.</summary>
    Direct,
}
