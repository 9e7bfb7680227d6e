using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>Where a packet that is a fragment belongs.</summary>
/// <param name="Identification">Names the datagram.</param>
/// <param name="OffsetBytes">Of its payload in the datagram's.</param>
/// <param name="IsLast">No more follow.</param>
/// <param name="LimitBytes">Payload of the longest datagram.</param>
internal readonly record struct FragmentPlace(
    uint Identification, int OffsetBytes, bool IsLast, int LimitBytes)
{
    public static FragmentPlace Of(in Ipv4Header header) => new(
        header.Identification, header.FragmentOffsetBytes, !header.MoreFragments,
        Ipv4Header.MaximumTotalLengthBytes - header.HeaderLengthBytes);

    /// <summary>
    /// What precedes a fragment header stands in every packet (RFC 8200 section 4.5).
    /// </summary>
    public static FragmentPlace Of(in Ipv6Header header)
    {
        Ipv6Extensions extensions = header.Extensions;
        return new FragmentPlace(
            extensions.Identification, extensions.FragmentOffsetBytes, !extensions.MoreFragments,
            Ipv6Header.MaximumPayloadLengthBytes
                - (extensions.FragmentHeaderBytes - Ipv6Header.LengthBytes));
    }
}
