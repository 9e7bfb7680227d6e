using System.Net.Sockets;
using Slipway.Linux;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Host;

/// <summary>Asks the helper for a bound socket; not in a turn, since it waits.</summary>
public static class PortHelperClient
{
    private const int PatienceMs = 5_000;

    /// <summary>Asks the helper that listens at a path.</summary>
    /// <param name="path">Its Unix socket.</param>
    /// <param name="request">What to bind.</param>
    /// <param name="descriptor">The socket, which is the caller's.</param>
    /// <returns>
    /// Refused when there is no helper, Prohibited when it may not or does not want to, or what
    /// binding came to.
    /// </returns>
    public static HostError Bind(string path, in PortRequest request, out int descriptor)
    {
        descriptor = -1;
        try
        {
            using Socket socket = new(
                AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            {
                ReceiveTimeout = PatienceMs, SendTimeout = PatienceMs,
            };
            socket.Connect(new UnixDomainSocketEndPoint(path));
            Span<byte> bytes = stackalloc byte[PortRequest.LengthBytes];
            request.Write(bytes);
            socket.Send(bytes);
            bool isAnswered = DescriptorChannel.Receive(
                (int)socket.Handle, out byte answer, out descriptor);
            return !isAnswered ? HostError.Refused
                : answer != 0 ? HostErrors.From(-answer)
                : IsAsked(request, ref descriptor) ? HostError.None : HostError.Other;
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            return HostError.Refused;
        }
    }

    // Whatever listens at that path: nothing but what was asked for is listened on.
    private static bool IsAsked(in PortRequest request, ref int descriptor)
    {
        int type = request.Protocol == IpProtocol.Tcp ? Sockets.Stream : Sockets.Datagram;
        if (descriptor >= 0
            && SocketOptions.Get(descriptor, SocketOptions.LevelSocket, SocketOptions.Type) == type
            && HostSockets.LocalOf(descriptor) == request.Local)
        {
            return true;
        }

        if (descriptor >= 0)
        {
            Files.Close(descriptor);
            descriptor = -1;
        }

        return false;
    }
}
