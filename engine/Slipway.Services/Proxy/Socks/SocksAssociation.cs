using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// A guest's datagrams by SOCKS5 (RFC 1928 section 7).
/// <code>
///   out   worker, Receive -> queue -> a task: header off, may it? -> a socket of the host's
///   back  the same socket -> a task: from whom? header on -> GuestRelay.Send -> worker
/// </code>
/// Theory of operation. There is a socket for each family of addresses, so that a guest has one
/// outside address for all its remotes (RFC 4787 REQ-1). What comes back is passed on if the guest
/// has sent to that address (REQ-8), to the port that its first datagram came from. Datagrams wait
/// while their destination is looked up; others do not wait for them. Too many are lost: that is
/// UDP. It lives as long as the guest's connection.
/// </summary>
internal sealed class SocksAssociation : IRelayReceiver, IDisposable
{
    /// <summary>Of the guest's, until they are sent.</summary>
    private const int MostWaitingBytes = 256 * 1024;
    private const int MostWaiting = 512;

    /// <summary>Addresses that may answer; beyond it they are to be sent to again.</summary>
    private const int MostPeers = 1_024;

    /// <summary>Of a UDP datagram by IPv4, header of SOCKS5 and data.</summary>
    private const int MostDatagramBytes = ushort.MaxValue - 20 - 8;

    private readonly DatagramDestinations _destinations;
    private readonly CancellationTokenSource _stopping;
    private readonly CancellationToken _stop;
    private readonly Channel<byte[]> _queue = Channel.CreateBounded<byte[]>(
        new BoundedChannelOptions(MostWaiting)
        {
            FullMode = BoundedChannelFullMode.DropWrite,
            SingleReader = true,
        });

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, IpAddress> _peers = [];
    private readonly Dictionary<AddressFamily, Socket> _sockets = [];
    private readonly TaskCompletionSource _broken =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private GuestRelay? _relay;
    private int _waitingBytes;
    private int _guestPort;

    /// <param name="parts">The proxy's.</param>
    /// <param name="log">Takes lines for the log, about this guest.</param>
    /// <param name="stop">The engine stops.</param>
    public SocksAssociation(ProxyParts parts, Action<string> log, CancellationToken stop)
    {
        _stopping = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _stop = _stopping.Token;
        _destinations = new DatagramDestinations(parts, log, _stop);
    }

    /// <summary>Ends when a socket of the host's does.</summary>
    public Task Broken => _broken.Task;

    /// <summary>Begins to send what the guest sends to the relay's port.</summary>
    public void Start(GuestRelay relay)
    {
        _relay = relay;
        _ = Task.Run(SendAllAsync, CancellationToken.None);
    }

    public void Receive(ushort guestPort, ReadOnlySpan<byte> datagram)
    {
        int own = Interlocked.CompareExchange(ref _guestPort, guestPort, 0);
        if ((own == 0 || own == guestPort)
            && Volatile.Read(ref _waitingBytes) + datagram.Length <= MostWaitingBytes)
        {
            Interlocked.Add(ref _waitingBytes, datagram.Length);
            if (!_queue.Writer.TryWrite(datagram.ToArray()))
            {
                Interlocked.Add(ref _waitingBytes, -datagram.Length);
            }
        }
    }

    public void Dispose()
    {
        _queue.Writer.TryComplete();
        _stopping.Cancel();
        _stopping.Dispose();
        lock (_lock)
        {
            foreach (Socket socket in _sockets.Values)
            {
                socket.Dispose();
            }
        }
    }

    private async Task SendAllAsync()
    {
        try
        {
            await foreach (byte[] datagram in _queue.Reader.ReadAllAsync(_stop)
                .ConfigureAwait(false))
            {
                if (!SocksDatagram.TryRead(datagram, out int header))
                {
                    Interlocked.Add(ref _waitingBytes, -datagram.Length);
                    continue;
                }

                Task<DatagramWay?> way = _destinations.FindAsync(
                    datagram.AsSpan(SocksDatagram.AddressOffset..header));
                Task sent = SendAsync(datagram, header, way);
                if (way.IsCompleted)
                {
                    await sent.ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            return; // the association has ended
        }
    }

    private async Task SendAsync(byte[] datagram, int header, Task<DatagramWay?> finding)
    {
        try
        {
            if (await finding.ConfigureAwait(false) is DatagramWay way
                && TryFindSocket(way, out Socket? socket))
            {
                await socket.SendToAsync(
                    datagram.AsMemory(header), SocketFlags.None, way.Host, _stop)
                    .ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException
            or OperationCanceledException)
        {
            return; // what the host's kernel does not take is lost, as on any network
        }
        finally
        {
            Interlocked.Add(ref _waitingBytes, -datagram.Length);
        }
    }

    // Whom a datagram goes to may answer.
    private bool TryFindSocket(DatagramWay way, [NotNullWhen(true)] out Socket? socket)
    {
        AddressFamily family = way.Host.AddressFamily;
        lock (_lock)
        {
            socket = null;
            if (_stop.IsCancellationRequested)
            {
                return false;
            }

            if (_peers.Count >= MostPeers && !_peers.ContainsKey(way.Host.Address))
            {
                _peers.Clear();
            }

            _peers[way.Host.Address] = way.Guest;
            if (!_sockets.TryGetValue(family, out socket))
            {
                socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
                _sockets.Add(family, socket);
                socket.Bind(Any(family));
                Socket opened = socket;
                _ = Task.Run(() => ReceiveAllAsync(opened), CancellationToken.None);
            }

            return true;
        }
    }

    private async Task ReceiveAllAsync(Socket socket)
    {
        const int room = SocksDatagram.MostHeaderBytes;
        byte[] buffer = GC.AllocateUninitializedArray<byte>(room + ushort.MaxValue);
        IPEndPoint any = Any(socket.AddressFamily);
        try
        {
            while (true)
            {
                SocketReceiveFromResult got = await socket.ReceiveFromAsync(
                    buffer.AsMemory(room), SocketFlags.None, any, _stop).ConfigureAwait(false);
                PassOn(buffer, room, got.ReceivedBytes, (IPEndPoint)got.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException
            or OperationCanceledException)
        {
            _broken.TrySetResult();
        }
    }

    private void PassOn(byte[] buffer, int room, int lengthBytes, IPEndPoint from)
    {
        IpAddress guest;
        lock (_lock)
        {
            if (!_peers.TryGetValue(from.Address, out guest))
            {
                return;
            }
        }

        Span<byte> header = stackalloc byte[SocksDatagram.MostHeaderBytes];
        int headerBytes = SocksDatagram.Write(header, new IpEndpoint(guest, (ushort)from.Port));
        if (headerBytes + lengthBytes <= MostDatagramBytes)
        {
            Span<byte> datagram = buffer.AsSpan(room - headerBytes, headerBytes + lengthBytes);
            header[..headerBytes].CopyTo(datagram);
            _relay!.Send((ushort)Volatile.Read(ref _guestPort), datagram);
        }
    }

    private static IPEndPoint Any(AddressFamily family) => new(
        family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
}
