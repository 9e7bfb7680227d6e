using System.Net;
using System.Net.Sockets;
using Slipway.Engine;
using Slipway.Linux;

namespace Slipway;

/// <summary>
/// Guests of the personality that no link listens for: QEMU's by TCP, and one on standard input and
/// output.
/// </summary>
internal sealed class GivenGuests : IDisposable
{
    private const int BufferBytes = 64 << 10;

    // What the link waits for before frames; on pipes nobody says it.
    private static readonly byte[] s_greeting = "POST /connect HTTP/1.1\r\n\r\n"u8.ToArray();

    private readonly List<Socket> _sockets = [];
    private readonly NetworkEngine _engine;
    private readonly IEngineLog _log;

    public GivenGuests(NetworkEngine engine, IEngineLog log)
    {
        _engine = engine;
        _log = log;
    }

    /// <summary>Takes QEMU's guests that connect by TCP.</summary>
    /// <exception cref="ConfigurationException">The port is taken.</exception>
    public void Listen(IPEndPoint place)
    {
        Socket listener = new(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _sockets.Add(listener);
        try
        {
            listener.Bind(place);
            listener.Listen();
        }
        catch (SocketException e)
        {
            throw new ConfigurationException(
                "-listen-qemu", $"tcp://{place}", $"{e.Message}; choose another port", e);
        }

        _ = Task.Run(() => AcceptAsync(listener), CancellationToken.None);
    }

    /// <summary>
    /// Takes the guest that speaks on standard input and output; the engine stops when it ends.
    /// </summary>
    public void TakeStandardInput()
    {
        int result = Sockets.CreatePair(
            Sockets.FamilyUnix, Sockets.Stream, out int near, out int far);
        if (result < 0)
        {
            throw new HostRefusal($"no socket pair can be made ({UnixSocketFile.Text(-result)})");
        }

        Socket guest = new(new SafeSocketHandle(near, ownsHandle: true));
        _sockets.Add(guest);
        _engine.AdmitGuest(far, LinkFraming.Connect);
        NetworkStream frames = new(guest);
        _ = Task.Run(
            () => CopyAsync(Console.OpenStandardInput(), frames, s_greeting),
            CancellationToken.None);
        _ = Task.Run(
            () => CopyAsync(frames, Console.OpenStandardOutput(), default),
            CancellationToken.None);
    }

    public void Dispose() => _sockets.ForEach(socket => socket.Dispose());

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            try
            {
                using Socket client = await listener.AcceptAsync().ConfigureAwait(false);
                client.NoDelay = true;
                int descriptor = Files.Duplicate((int)client.SafeHandle.DangerousGetHandle());
                if (descriptor >= 0)
                {
                    _engine.AdmitGuest(descriptor, LinkFraming.Stream);
                }
            }
            catch (Exception e) when (e is ObjectDisposedException
                or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return; // the program ends
            }
            catch (Exception e) when (e is SocketException or ConfigurationException)
            {
                _log.Write(LogLevel.Warning, $"-listen-qemu: a guest is lost: {e.Message}");
                await Task.Delay(TimeSpan.FromSeconds(1)).ConfigureAwait(false);
            }
        }
    }

    private async Task CopyAsync(Stream from, Stream to, ReadOnlyMemory<byte> first)
    {
        try
        {
            await to.WriteAsync(first).ConfigureAwait(false);
            await from.CopyToAsync(to, BufferBytes).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            _log.Write(LogLevel.Debug, $"-listen-stdio: {e.Message}");
        }

        _engine.Stop();
    }
}
