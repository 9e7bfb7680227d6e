namespace Slipway.Engine;

/// <summary>The key "drainSeconds" and its option.</summary>
internal static class DrainResolver
{
    public const int MinSeconds = 0;
    public const int MaxSeconds = 3600;

    public static TimeSpan Resolve(
        ConfigurationDocument document, CommandLineSettings commandLine, TimeSpan otherwise) =>
        commandLine.Drain is string text
            ? TimeSpan.FromSeconds(
                SettingText.ParseInteger("--drain", text, MinSeconds, MaxSeconds, "seconds"))
            : document.DrainSeconds is int seconds
                ? TimeSpan.FromSeconds(SettingText.CheckRange(
                    "drainSeconds", seconds, MinSeconds, MaxSeconds, "seconds"))
                : otherwise;
}
