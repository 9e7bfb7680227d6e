namespace Slipway.Services;

/// <summary>For whom the proxy works just now; flows with all that is done for a guest.</summary>
internal static class SpeakingGuest
{
    private static readonly AsyncLocal<int> s_link = new();

    /// <summary>The number of the guest's link; 0 for nobody's.</summary>
    public static int Link
    {
        get => s_link.Value;
        set => s_link.Value = value;
    }
}
