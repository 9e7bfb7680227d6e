using System.Text;
using Slipway.Host;
using Slipway.Links;
using Slipway.Services;
using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Fuzz.Targets;

/// <summary>
/// Readers of a few bytes, in one target: each alone would be through in a second. The first byte
/// says which.
/// </summary>
internal static class SmallTargets
{
    public static IReadOnlyList<FuzzTarget> Items { get; } =
    [
        new("small", Small,
            [
                [0, .. "host=192.168.127.0/24,port=53 proto=udp dropped=no"u8,],
                [1, 0, 0, 0, 1, 10, 0, 0, 1, 0, 53, 9],
                [1, 0, 0, 0, 3, 4, .. "a.io"u8, 0, 53, 9],
                [2, 1, 6, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 127, 0, 0, 1],
            ])
        {
            MaximumBytes = 400,
            Words = ["host=", "port=", "proto=", "mac=", "dropped=", "net=", ",", " ", "/8", "-",
                "tcp", "udp", "arp", "icmp", "52:54:00:00:00:01", "::1"],
        },
    ];

    private static void Small(ReadOnlySpan<byte> input)
    {
        ReadOnlySpan<byte> rest = input.IsEmpty ? input : input[1..];
        switch (input.IsEmpty ? 0 : input[0] % 3)
        {
            case 0:
                Filter(Encoding.UTF8.GetString(rest));
                break;
            case 1:
                Socks(rest);
                break;
            default:
                Helper(rest);
                break;
        }
    }

    private static void Filter(string text)
    {
        if (!CaptureFilter.TryParse(text, out CaptureFilter? filter, out string? problem))
        {
            FuzzFaultException.If(problem.Length == 0, "it is refused without a reason");
            return;
        }

        byte[] frame = new Datagram().ToFrame();
        foreach (int length in (ReadOnlySpan<int>)[0, 13, 34, frame.Length])
        {
            bool isTaken = filter.Matches(new CapturedFrame
            {
                Link = 0, IsFromGuest = true, Nanoseconds = 0,
                Loss = new FrameLoss(null, ParseError.None), Bytes = frame.AsSpan(0, length),
            });
            FuzzFaultException.If(filter.IsEmpty && !isTaken, "an empty filter leaves out a frame");
        }
    }

    private static void Socks(ReadOnlySpan<byte> datagram)
    {
        if (!SocksDatagram.TryRead(datagram, out int length))
        {
            return;
        }

        Authority target = SocksAddress.Read(datagram[SocksDatagram.AddressOffset..length]);
        if (IpAddress.TryParse(target.Host, out IpAddress address))
        {
            Span<byte> written = stackalloc byte[SocksDatagram.MostHeaderBytes];
            IpEndpoint endpoint = new(address, (ushort)target.Port);
            int header = SocksDatagram.Write(written, endpoint);
            FuzzFaultException.If(
                !SocksDatagram.TryRead(written[..header], out int again) || again != header,
                $"the header of {endpoint} reads otherwise than it was written");
        }
    }

    private static void Helper(ReadOnlySpan<byte> bytes)
    {
        if (PortRequest.TryParse(bytes, out PortRequest request))
        {
            Span<byte> written = stackalloc byte[PortRequest.LengthBytes];
            request.Write(written);
            FuzzFaultException.If(
                !PortRequest.TryParse(written, out PortRequest again) || again != request
                    || request.Local.Port == 0,
                $"{request} reads otherwise than it was written");
        }
    }
}
