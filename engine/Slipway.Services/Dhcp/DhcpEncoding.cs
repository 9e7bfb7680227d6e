using System.Text;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>Values of options that do not change while the server runs, made once.</summary>
internal static class DhcpEncoding
{
    // Room for the names that an option of this kind sensibly holds; it is split over 255 bytes.
    private const int MaxSearchLengthBytes = 768;

    /// <summary>
    /// Option 119: names one after another, compressed (RFC 3397). Empty for none.
    /// </summary>
    /// <exception cref="ArgumentException">A name is not one, or the list is too long.</exception>
    public static byte[] SearchList(IReadOnlyList<string> domains) =>
        Names(domains, isCompressed: true);

    /// <summary>
    /// Option 24 of DHCPv6: the same, never compressed (RFC 8415 section 10).
    /// </summary>
    /// <exception cref="ArgumentException">A name is not one, or the list is too long.</exception>
    public static byte[] DomainList(IReadOnlyList<string> domains) =>
        Names(domains, isCompressed: false);

    /// <summary>Addresses one after another: option 23 of DHCPv6.</summary>
    public static byte[] IPv6Addresses(IReadOnlyList<IpAddress> addresses)
    {
        byte[] bytes = new byte[addresses.Count * IpAddress.IPv6LengthBytes];
        for (int i = 0; i < addresses.Count; i++)
        {
            addresses[i].WriteIPv6(bytes.AsSpan(i * IpAddress.IPv6LengthBytes));
        }

        return bytes;
    }

    /// <summary>
    /// Option 121, the default route at its end: a client that takes this option ignores the router
    /// of option 3 (RFC 3442).
    /// </summary>
    public static byte[] Routes(IReadOnlyList<ClasslessRoute> routes, IpAddress gateway)
    {
        byte[] bytes = new byte[(routes.Count + 1) * ClasslessRoute.MaxLengthBytes];
        int length = 0;
        foreach (ClasslessRoute route in routes)
        {
            length += route.Write(bytes.AsSpan(length));
        }

        ClasslessRoute byGateway = new(new IpPrefix(IpAddress.IPv4Any, 0), gateway);
        length += byGateway.Write(bytes.AsSpan(length));
        return bytes[..length];
    }

    public static byte[] Ascii(string? text) => text is null ? [] : Encoding.ASCII.GetBytes(text);

    private static byte[] Names(IReadOnlyList<string> domains, bool isCompressed)
    {
        byte[] bytes = new byte[MaxSearchLengthBytes];
        byte[] name = new byte[DomainName.MaxLengthBytes];
        DomainNameWriter compressed = new(bytes);
        int length = 0;
        foreach (string domain in domains)
        {
            if (!DomainName.TryParse(domain, name, out int nameLength))
            {
                throw new ArgumentException($"'{domain}' is not a domain name", nameof(domains));
            }

            // A writer that remembers nothing compresses nothing.
            DomainNameWriter plain = new(bytes);
            ReadOnlySpan<byte> wire = name.AsSpan(0, nameLength);
            int written = isCompressed ? compressed.Write(wire, length) : plain.Write(wire, length);
            if (written < 0)
            {
                throw new ArgumentException(
                    $"the search domains take more than {MaxSearchLengthBytes} bytes",
                    nameof(domains));
            }

            length += written;
        }

        return bytes[..length];
    }
}
