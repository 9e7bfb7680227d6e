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
/// One client at a time and two seconds for each: a request is one small message, and there is no
/// state between two.
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

    /// <summary>Answers until the listener is closed.</summary>
    public void Serve()
    {
        while (true)
        {
            try
            {
                using Socket client = listener.Accept();
                Answer(client);
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

    private void Answer(Socket client)
    {
        uint user = UserOf(client);
        bool isAllowed = users.Contains(user);
        client.ReceiveTimeout = isAllowed ? PatienceMs : StrangersPatienceMs;
        client.SendTimeout = PatienceMs;

        // Also of a stranger: closed before it is read, the answer would not arrive (unix(7)).
        bool isRequest = TryRead(client, out PortRequest request);
        int descriptor = -1;
        byte answer;
        string what = "no request";
        if (!isAllowed)
        {
            answer = Errno.EPERM;
            what = "its user is not allowed";
        }
        else if (!isRequest)
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

    private static bool TryRead(Socket client, out PortRequest request)
    {
        Span<byte> bytes = stackalloc byte[PortRequest.LengthBytes];
        int length = 0;
        try
        {
            while (length < bytes.Length
                && client.Receive(bytes[length..]) is > 0 and int received)
            {
                length += received;
            }
        }
        catch (SocketException)
        {
            length = 0; // it has said nothing, or has gone
        }

        return PortRequest.TryParse(bytes[..length], out request);
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
