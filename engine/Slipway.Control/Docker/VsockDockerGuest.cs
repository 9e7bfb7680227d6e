using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using Slipway.Linux;

namespace Slipway.Control;

/// <summary>
/// A Docker engine on a port of AF_VSOCK (vsock(7)): a virtual machine's own socket.
/// </summary>
internal sealed class VsockDockerGuest(uint context, uint port) : DockerGuest
{
    /// <summary>
    /// The first context that is a guest's: 0 to 2 are the machine's, and the host's.
    /// </summary>
    public const uint FirstGuest = 3;

    private const int Family = 40;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"vsock:{context}:{port}");

    internal override async ValueTask<Socket> ConnectAsync(CancellationToken stop)
    {
        int descriptor = Sockets.Create(Family, Sockets.Stream, 0);
        if (descriptor < 0)
        {
            throw new IOException(UnixSocketFile.Text(-descriptor));
        }

        int result = Sockets.Connect(descriptor, Address());
        Socket socket = new(new SafeSocketHandle(descriptor, ownsHandle: true));
        try
        {
            if (result == -Errno.EINPROGRESS)
            {
                bool isAnswered = await Task.Run(
                    () => socket.Poll(s_patience, SelectMode.SelectWrite), stop)
                    .ConfigureAwait(false);
                result = isAnswered ? -SocketOptions.Get(
                    descriptor, SocketOptions.LevelSocket, SocketOptions.Error) : -Errno.ETIMEDOUT;
            }

            return result == 0 ? socket : throw new IOException(UnixSocketFile.Text(-result));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>struct sockaddr_vm: family, 2 bytes, port and context in the host's order, 4
    /// bytes.</summary>
    internal byte[] Address()
    {
        byte[] address = new byte[16];
        BinaryPrimitives.WriteUInt16LittleEndian(address, Family);
        BinaryPrimitives.WriteUInt32LittleEndian(address.AsSpan(4), port);
        BinaryPrimitives.WriteUInt32LittleEndian(address.AsSpan(8), context);
        return address;
    }
}
