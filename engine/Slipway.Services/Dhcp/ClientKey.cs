using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// What identifies a client (RFC 2131 section 2): option 61 where it is sent, else the hardware
/// type and address. The latter are the same bytes as an option 61 of type 1, so that a boot ROM
/// without the option and a system with the usual one are one client.
/// </summary>
internal static class ClientKey
{
    private const int HardwareKeyLengthBytes = 1 + MacAddress.LengthBytes;

    public static byte[] Of(MacAddress mac)
    {
        byte[] key = new byte[HardwareKeyLengthBytes];
        Write(mac, key);
        return key;
    }

    /// <param name="message">Whose client it is; the key may be a part of its bytes.</param>
    /// <param name="scratch">Room for a key by hardware address.</param>
    public static ReadOnlySpan<byte> Of(in DhcpMessage message, Span<byte> scratch)
    {
        if (message.TryGetOption(DhcpOption.ClientIdentifier, out ReadOnlySpan<byte> identifier)
            && identifier.Length >= 2)
        {
            return identifier;
        }

        Write(message.ClientMac, scratch);
        return scratch[..HardwareKeyLengthBytes];
    }

    private static void Write(MacAddress mac, Span<byte> key)
    {
        key[0] = 1;
        mac.Write(key[1..]);
    }
}
