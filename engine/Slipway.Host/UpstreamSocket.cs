using System.Net.Sockets;
using Slipway.Linux;

namespace Slipway.Host;

/// <summary>Takes a connected socket away from the runtime, for a flow to have.</summary>
public static class UpstreamSocket
{
    /// <summary>
    /// The socket's connection in a descriptor that the runtime knows nothing of, and waits for no
    /// more. The socket itself is disposed, the connection stands.
    /// </summary>
    /// <exception cref="SocketException">Out of descriptors; the socket is as it was.</exception>
    public static SafeSocketHandle Detach(Socket socket)
    {
        int descriptor = (int)socket.SafeHandle.DangerousGetHandle();
        int copy = Files.Duplicate(descriptor);
        if (copy < 0)
        {
            throw new SocketException((int)SocketError.TooManyOpenSockets);
        }

        EpollSets.Leave(descriptor);
        socket.Dispose();
        return new SafeSocketHandle(copy, ownsHandle: true);
    }
}
