using Slipway.Linux;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Host;

/// <summary>
/// A listening socket. Out of descriptors, a connection that waits would keep it ready for ever: a
/// reserve descriptor is given up to accept and close it, so the client is refused at once.
/// </summary>
internal sealed class TcpListener(
    Reactor reactor, int descriptor, bool usePeekOffset) : IHostListener
{
    private int _reserve = OpenReserve();

    public IpEndpoint LocalEndpoint => SocketAddress.OfSocket(descriptor);

    public HostError Accept(out IHostStream? stream, out IpEndpoint client)
    {
        Span<byte> address = stackalloc byte[SocketAddress.MaximumLengthBytes];
        stream = null;
        client = default;
        int accepted = Sockets.Accept(descriptor, address);
        if (-accepted is Errno.EMFILE or Errno.ENFILE)
        {
            Refuse(address);
            return HostError.NoResources;
        }

        if (accepted < 0)
        {
            return HostErrors.From(accepted);
        }

        client = SocketAddress.Read(address);
        stream = new TcpStream(reactor, accepted, usePeekOffset);
        return HostError.None;
    }

    public void Close()
    {
        reactor.Unwatch(descriptor);
        Files.Close(descriptor);
        if (_reserve >= 0)
        {
            Files.Close(_reserve);
        }
    }

    private void Refuse(Span<byte> address)
    {
        if (_reserve >= 0)
        {
            Files.Close(_reserve);
        }

        int accepted = Sockets.Accept(descriptor, address);
        if (accepted >= 0)
        {
            _ = SocketOptions.SetLingerZero(accepted);
            Files.Close(accepted);
        }

        _reserve = OpenReserve();
    }

    private static int OpenReserve() => Files.Open("/dev/null", Files.ReadOnly | Files.CloseOnExec);
}
