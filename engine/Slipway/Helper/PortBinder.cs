using System.Globalization;
using System.Net.Sockets;
using Slipway.Host;
using Slipway.Linux;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway;

/// <summary>
/// Binds ports for engines that may not: only those of its list, and only for its users, whom the
/// kernel names (SO_PEERCRED, unix(7)). It does nothing else: no listen, no connection, no file.
/// </summary>
/// <remarks>
/// A request is one small message, and there is no state between two. A client has two seconds for
/// all of it, one that may not have anything a fifth of that; and a user has a few at a time, all
/// who may not together too: nobody waits for another's.
/// </remarks>
internal sealed class PortBinder(
    Socket listener, IReadOnlyList<PortRule> allowed, IReadOnlySet<uint> users)
{
    private const int PatienceMs = 2_000;
    private const int StrangersPatienceMs = 200;
    private const int PauseMs = 100;
    private const int OptionPeerCredentials = 17;
    private const int CredentialsBytes = 12;
    private const int UserOffset = 4;

    /// <summary>More at a time are closed at once.</summary>
    private const int MostClientsOfUser = 16;

    private const uint Strangers = uint.MaxValue;

    // How many clients each user has.
    private readonly Dictionary<uint, int> _clients = [];
    private readonly Lock _lock = new();

    /// <summary>Answers until the listener is closed.</summary>
    public void Serve()
    {
        while (true)
        {
            try
            {
                Begin(listener.Accept());
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.OperationAborted
                or SocketError.Interrupted or SocketError.NotSocket)
            {
                return;
            }
            catch (SocketException e)
            {
                StandardError.Say($"a client could not be answered: {e.Message}");
                Thread.Sleep(PauseMs); // out of descriptors it would be so at once again
            }
            catch (ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Begin(Socket client)
    {
        uint user = UserOf(client);
        uint counted = users.Contains(user) ? user : Strangers;
        lock (_lock)
        {
            int open = _clients.GetValueOrDefault(counted);
            if (open == MostClientsOfUser)
            {
                client.Dispose();
                return;
            }

            _clients[counted] = open + 1;
        }

        _ = ServeAsync(client, user, counted);
    }

    private async Task ServeAsync(Socket client, uint user, uint counted)
    {
        try
        {
            // Also of a stranger: closed before it is read, the answer would not arrive (unix(7)).
            PortRequest? request = await ReadAsync(
                client, counted == Strangers ? StrangersPatienceMs : PatienceMs)
                .ConfigureAwait(false);
            Answer(client, user, request);
        }
        catch (SocketException e)
        {
            StandardError.Say($"a client could not be answered: {e.Message}");
        }
        finally
        {
            client.Dispose();
            lock (_lock)
            {
                _clients[counted]--;
            }
        }
    }

    private void Answer(Socket client, uint user, PortRequest? asked)
    {
        int descriptor = -1;
        byte answer;
        string what = "no request";
        if (!users.Contains(user))
        {
            answer = Errno.EPERM;
            what = "its user is not allowed";
        }
        else if (asked is not PortRequest request)
        {
            answer = Errno.EINVAL;
        }
        else
        {
            what = string.Create(
                CultureInfo.InvariantCulture,
                $"{request.Local}/{(request.Protocol == IpProtocol.Udp ? "udp" : "tcp")}");
            answer = Bind(request, out descriptor);
        }

        _ = DescriptorChannel.Send((int)client.Handle, answer, descriptor);
        if (descriptor >= 0)
        {
            Files.Close(descriptor);
        }

        StandardError.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"user {user}: {what}: {(answer == 0 ? "bound" : UnixSocketFile.Text(answer))}"));
    }

    private byte Bind(in PortRequest request, out int descriptor)
    {
        descriptor = -1;
        foreach (PortRule rule in allowed)
        {
            if (rule.Allows(request.Protocol, request.Local.Port))
            {
                return HostSockets.Bind(request.Protocol, request.Local, out descriptor) switch
                {
                    HostError.None => 0,
                    HostError.AddressInUse => Errno.EADDRINUSE,
                    HostError.NetworkUnreachable => Errno.EADDRNOTAVAIL,
                    HostError.NoResources => Errno.EMFILE,
                    _ => Errno.EACCES,
                };
            }
        }

        return Errno.EACCES;
    }

    private static async Task<PortRequest?> ReadAsync(Socket client, int patienceMs)
    {
        byte[] bytes = new byte[PortRequest.LengthBytes];
        int length = 0;
        using CancellationTokenSource patience = new(patienceMs);
        try
        {
            while (length < bytes.Length && await client.ReceiveAsync(
                bytes.AsMemory(length), patience.Token).ConfigureAwait(false) is > 0 and int read)
            {
                length += read;
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return null; // it has said nothing, or has gone
        }

        return PortRequest.TryParse(bytes.AsSpan(0, length), out PortRequest request)
            ? request : null;
    }

    // struct ucred: process, user, group.
    private static uint UserOf(Socket client)
    {
        Span<byte> credentials = stackalloc byte[CredentialsBytes];
        int length = client.GetRawSocketOption(
            SocketOptions.LevelSocket, OptionPeerCredentials, credentials);
        return length == CredentialsBytes
            ? BitConverter.ToUInt32(credentials[UserOffset..]) : uint.MaxValue;
    }
}
