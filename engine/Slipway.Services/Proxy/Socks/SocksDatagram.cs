using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// The header of a datagram between a guest and the relay (RFC 1928 section 7).
/// <code>
///   | reserved 2 | fragment 1 | address, see SocksAddress | data |
/// </code>
/// </summary>
internal static class SocksDatagram
{
    /// <summary>The longest header that is written, in bytes.</summary>
    public const int MostHeaderBytes = AddressOffset + SocksAddress.MostWrittenBytes;

    /// <summary>Where the address begins.</summary>
    public const int AddressOffset = 3;

    private const int FragmentOffset = 2;

    /// <summary>Reads a header.</summary>
    /// <param name="datagram">All of the datagram.</param>
    /// <param name="lengthBytes">The header's length: the address ends and the data begins.</param>
    /// <returns>
    /// False for a fragment, which is not put together here, and for what is cut short.
    /// </returns>
    public static bool TryRead(ReadOnlySpan<byte> datagram, out int lengthBytes)
    {
        lengthBytes = 0;
        if (datagram.Length < AddressOffset + 2 || datagram[FragmentOffset] != 0)
        {
            return false;
        }

        int address = SocksAddress.LengthOf(
            datagram[AddressOffset], datagram[AddressOffset + 1]);
        lengthBytes = AddressOffset + address;
        return address > 0 && lengthBytes <= datagram.Length;
    }

    /// <summary>Writes a header; its length in bytes.</summary>
    public static int Write(Span<byte> destination, in IpEndpoint remote)
    {
        destination[..AddressOffset].Clear();
        return AddressOffset + SocksAddress.Write(destination[AddressOffset..], remote);
    }
}
