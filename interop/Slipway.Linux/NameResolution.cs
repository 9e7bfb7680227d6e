using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// getaddrinfo(3): the host's own resolver with all that nsswitch.conf puts into it. Called
/// directly, because the runtime's wrapper does not tell "no such name" from "no such address".
/// </summary>
public static partial class NameResolution
{
    private const int Inet = 2;
    private const int Inet6 = 10;
    private const int SocketStream = 1;
    private const int NoName = -2;
    private const int TryAgain = -3;
    private const int NoData = -5;
    private const int AddressFamilyUnknown = -9;

    /// <summary>Looks a name up. Blocks, for as long as the host's resolver likes.</summary>
    /// <param name="name">A host name; a dot at its end keeps the search list out.</param>
    /// <param name="family">
    /// Which addresses: InterNetwork, InterNetworkV6, or Unspecified for both.
    /// </param>
    /// <param name="addresses">The addresses in the order of RFC 6724; empty unless Found.</param>
    public static unsafe NameResolutionResult Resolve(
        string name, AddressFamily family, out IReadOnlyList<IPAddress> addresses)
    {
        AddressItem hints = new()
        {
            SocketType = SocketStream,
            Family = family switch
            {
                AddressFamily.InterNetwork => Inet,
                AddressFamily.InterNetworkV6 => Inet6,
                _ => 0,
            },
        };
        int status = GetAddressInfo(name, 0, &hints, out AddressItem* first);
        if (status != 0)
        {
            addresses = [];
            return status switch
            {
                NoName => NameResolutionResult.NoName,
                NoData or AddressFamilyUnknown => NameResolutionResult.NoAddress,
                TryAgain => NameResolutionResult.TryAgain,
                _ => NameResolutionResult.Failed,
            };
        }

        List<IPAddress> found = [];
        for (AddressItem* item = first; item != null; item = item->Next)
        {
            // sockaddr_in: family, port, 4 bytes; sockaddr_in6: family, port, flow, 16 bytes,
            // scope.
            if (item->Family == Inet && item->AddressLength >= 8)
            {
                found.Add(new IPAddress(new ReadOnlySpan<byte>(item->Address + 4, 4)));
            }
            else if (item->Family == Inet6 && item->AddressLength >= 24)
            {
                found.Add(new IPAddress(new ReadOnlySpan<byte>(item->Address + 8, 16)));
            }
        }

        FreeAddressInfo(first);
        addresses = found;
        return found.Count > 0 ? NameResolutionResult.Found : NameResolutionResult.NoAddress;
    }

    [LibraryImport("libc", EntryPoint = "getaddrinfo", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int GetAddressInfo(
        string node, nint service, AddressItem* hints, out AddressItem* result);

    [LibraryImport("libc", EntryPoint = "freeaddrinfo")]
    private static unsafe partial void FreeAddressInfo(AddressItem* result);

    /// <summary>
    /// struct addrinfo of 64-bit Linux (48 bytes; 4 bytes of padding after the length).
    /// </summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct AddressItem
    {
        public int Flags;
        public int Family;
        public int SocketType;
        public int Protocol;
        public uint AddressLength;
        public byte* Address;
        public byte* CanonicalName;
        public AddressItem* Next;
    }
}
