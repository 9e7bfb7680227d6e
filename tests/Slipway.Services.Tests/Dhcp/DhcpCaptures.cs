namespace Slipway.Services.Tests.Dhcp;

/// <summary>
/// DHCP messages as clients send them (UDP payloads). The BOOTP fields between chaddr and the
/// cookie are zero in all of them and are put back here.
/// </summary>
internal static class DhcpCaptures
{
    /// <summary>udhcpc of busybox 1.35 with `-x hostname:web`, captured.</summary>
    public static byte[] UdhcpcDiscover { get; } = Message(
        "0101060031808c760000000000000000000000000000000000000000525400123456",
        "3501013902024037070103060c0f1c2a0c037765623c0c756468637020312e33352e30"
        + "3d0701525400123456ff");

    /// <summary>
    /// ISC dhclient 4.4 as Debian configures it, on a machine named "vm", captured.
    /// </summary>
    public static byte[] DhclientDiscover { get; } = Message(
        "01010600b15c0a710000000000000000000000000000000000000000525400123456",
        "3501010c02766d370d011c02030f06770c2c2f1a792aff");

    /// <summary>
    /// In the form of Windows: identifier of type 1, name, vendor class, its parameters.
    /// </summary>
    public static byte[] WindowsDiscover { get; } = Message(
        "010106003d1d27690000800000000000000000000000000000000000525400abcdef",
        "3501013d0701525400abcdef0c0f4445534b544f502d41424331323334"
        + "3c084d53465420352e30370e0103060f1f212b2c2e2f7779f9fcff");

    /// <summary>
    /// In the form of systemd-networkd: an identifier of IAID and DUID (RFC 4361).
    /// </summary>
    public static byte[] NetworkdDiscover { get; } = Message(
        "0101060077f1d3c20001000000000000000000000000000000000000525400777777",
        "350101370b0103060c0f1a2a33217978390205c0"
        + "3d13ff56504d9800020000ab11a1b2c3d4e5f607180c066665646f7261ff");

    private static byte[] Message(string head, string options)
    {
        byte[] message = new byte[300];
        Convert.FromHexString(head).CopyTo(message, 0);
        Convert.FromHexString("63825363" + options).CopyTo(message, 236);
        return message;
    }
}
