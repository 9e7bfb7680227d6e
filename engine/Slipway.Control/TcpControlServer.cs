using System.Net;
using System.Net.Sockets;
using Slipway.Engine;
using Slipway.Linux;
using Slipway.Wire;

namespace Slipway.Control;

/// <summary>
/// The API on a port of the host's loopback, for clients that show a token. Guests do not come by
/// it.
/// </summary>
public sealed class TcpControlServer : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly Socket _listener;
    private readonly ControlHost _host;
    private readonly IEngineLog _log;
    private readonly Task _accepting;
    private int _isDisposed;

    private TcpControlServer(Socket listener, ControlHost host, IEngineLog log)
    {
        _listener = listener;
        _host = host;
        _log = log;
        _accepting = Task.Run(AcceptAsync, CancellationToken.None);
    }

    /// <summary>Where clients connect; the port is real also when 0 was asked for.</summary>
    public IPEndPoint Place => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Listens.</summary>
    /// <param name="engine">Which is served.</param>
    /// <param name="port">On the loopback.</param>
    /// <param name="token">What clients have to show.</param>
    /// <param name="version">Of the program.</param>
    /// <param name="log">Told what somebody should know.</param>
    /// <exception cref="UnixSocketException">The port cannot be had.</exception>
    public static TcpControlServer Start(
        NetworkEngine engine, IpEndpoint port, ControlToken token, string version, IEngineLog log)
    {
        IPEndPoint place = IPEndPoint.Parse(port.ToString());
        Socket listener = new(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(place);
            listener.Listen();
            ControlHost host = ControlHost.StartAsync(
                engine, version, takesGuests: false, token, CancellationToken.None)
                .GetAwaiter().GetResult();
            return new TcpControlServer(listener, host, log);
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new UnixSocketException(
                $"port {port} cannot be listened on ({e.Message}); choose another");
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        _listener.Dispose();
        _accepting.GetAwaiter().GetResult();
        _host.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                _host.Add(await _listener.AcceptAsync().ConfigureAwait(false));
            }
            catch (Exception e) when (e is ObjectDisposedException
                or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return; // the server ends
            }
            catch (SocketException e)
            {
                _log.Write(
                    LogLevel.Warning, $"the control port takes no client at the moment "
                        + $"({e.Message}); raise the limit (ulimit -n)");
                await Task.Delay(s_pause).ConfigureAwait(false);
            }
        }
    }
}
