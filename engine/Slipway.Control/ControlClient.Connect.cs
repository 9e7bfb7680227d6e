using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Slipway.Control;

/// <summary>Connections to guests' ports through a running engine.</summary>
public sealed partial class ControlClient
{
    private const int MostAnswerBytes = 16_384;
    private const string Switched = "HTTP/1.1 101 ";

    /// <summary>Connects to a guest's TCP port.</summary>
    /// <param name="to">"192.168.127.2:80" or "[fd5a:94ef:e40c::2]:80".</param>
    /// <param name="stop">Ends the wait.</param>
    /// <returns>
    /// A socket that is the caller's: what the guest sends and is sent, each direction with its own
    /// end.
    /// </returns>
    /// <exception cref="ControlException">The guest has not taken it, or no engine
    /// runs.</exception>
    public async Task<Socket> ConnectGuestAsync(string to, CancellationToken stop)
    {
        Socket? socket = null;
        try
        {
            socket = await ConnectAsync(stop).ConfigureAwait(false);
            await SocketRelay.SendAsync(
                socket, Encoding.ASCII.GetBytes(
                    $"POST /v1/connect?to={Uri.EscapeDataString(to)} HTTP/1.1\r\n"
                    + "Host: localhost\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
                    + (_token is null ? "" : $"Authorization: Bearer {_token}\r\n") + "\r\n"),
                stop)
                .ConfigureAwait(false);
            string head = await ReadHeadAsync(socket, stop).ConfigureAwait(false);
            return head.StartsWith(Switched, StringComparison.Ordinal)
                ? socket
                : throw new ControlException(
                    await ReadProblemAsync(socket, stop).ConfigureAwait(false));
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw new ControlException(Explain(new HttpRequestException(e.Message, e)));
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    // Up to the empty line and no byte more: what comes behind it is the guest's.
    private async Task<string> ReadHeadAsync(Socket socket, CancellationToken stop)
    {
        byte[] head = new byte[MostAnswerBytes];
        for (int length = 0; length < head.Length; length++)
        {
            if (await socket.ReceiveAsync(head.AsMemory(length, 1), stop).ConfigureAwait(false)
                == 0)
            {
                break;
            }

            if (head.AsSpan(0, length + 1).EndsWith("\r\n\r\n"u8))
            {
                return Encoding.Latin1.GetString(head, 0, length + 1);
            }
        }

        throw new ControlException($"the engine at {_path} does not answer in HTTP");
    }

    private static async Task<string> ReadProblemAsync(Socket socket, CancellationToken stop)
    {
        using NetworkStream body = new(socket, ownsSocket: false);
        try
        {
            Problem? problem = await JsonSerializer.DeserializeAsync(
                body, ApiJsonContext.Default.Problem, stop).ConfigureAwait(false);
            return problem?.Detail ?? "the engine does not say why it refuses";
        }
        catch (JsonException)
        {
            return "the engine does not say why it refuses";
        }
    }
}
