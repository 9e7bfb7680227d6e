namespace Slipway.Engine;

/// <summary>Checks the configuration's "guestControl".</summary>
internal static class GuestControlResolver
{
    public static GuestControl Resolve(string? text) => text switch
    {
        null or "forwards" => GuestControl.Forwards,
        "status" => GuestControl.Status,
        "off" => GuestControl.Off,
        _ => throw new ConfigurationException(
            "guestControl", text, "must be off, status or forwards"),
    };
}
