namespace Slipway.Services;

/// <summary>What a program is to know of the desktop's settings before it starts an engine.</summary>
public static class DesktopSettings
{
    /// <summary>
    /// Whether an engine of this configuration starts gsettings, here and now, to follow them.
    /// </summary>
    public static bool AreFollowed(ProxyUpstreamConfiguration configuration) =>
        configuration.Desktop && DesktopProxy.IsHere(configuration.SettingsCommand);
}
