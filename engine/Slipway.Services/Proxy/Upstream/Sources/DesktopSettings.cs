namespace Slipway.Services;

/// <summary>What is known of the desktop's settings before an engine starts.</summary>
public static class DesktopSettings
{
    /// <summary>
    /// Whether an engine of this configuration starts gsettings, here and now, to follow them.
    /// </summary>
    public static bool AreFollowed(ProxyUpstreamConfiguration configuration) =>
        configuration.Desktop && DesktopProxy.IsHere(configuration.SettingsCommand);
}
