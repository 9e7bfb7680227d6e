using Slipway.Host;
using Slipway.Linux;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// Opens all sockets of a publication, or none; outside the turn, since it may have to ask others.
/// What nobody has taken is closed at the end.
/// </summary>
internal sealed class PublishedSockets : IDisposable
{
    private readonly PublishSpecification _settings;
    private readonly List<PublishedSocket> _sockets = [];
    private UnixSocketFile? _file;

    // The helper's socket; null where none is asked.
    private readonly string? _helper;

    private PublishedSockets(PublishSpecification settings, string? helper)
    {
        _settings = settings;
        _helper = helper;
    }

    /// <summary>Where the first one is bound.</summary>
    public IpEndpoint Local { get; private set; }

    /// <exception cref="PublishRefusal">One cannot be had.</exception>
    /// <exception cref="ConfigurationException">It cannot be had whatever one does.</exception>
    public static PublishedSockets Open(PublishSpecification settings, string? helper)
    {
        PublishedSockets sockets = new(settings, helper);
        try
        {
            sockets.Open();
            return sockets;
        }
        catch
        {
            sockets.Dispose();
            throw;
        }
    }

    /// <summary>The ports that they take of the host, for guests of other groups.</summary>
    public PublishedTarget[] Reach()
    {
        bool isRange = _settings.Descriptor is null && !_settings.TakesFirstFree;
        return [.. _sockets
            .Where(socket => !socket.IsUnix)
            .Take(isRange ? 1 : int.MaxValue)
            .Select(socket => new PublishedTarget(
                _settings.Protocol, HostSockets.LocalOf(socket.Descriptor),
                isRange ? _settings.HostPorts : 1))];
    }

    /// <summary>Gives the sockets away.</summary>
    public PublishedSocket[] Take()
    {
        PublishedSocket[] taken = [.. _sockets];
        _sockets.Clear();
        return taken;
    }

    /// <summary>Gives away the file of a Unix socket; null where there is none.</summary>
    public UnixSocketFile? TakeFile()
    {
        UnixSocketFile? file = _file;
        _file = null;
        return file;
    }

    public void Dispose()
    {
        _file?.Remove();
        foreach (PublishedSocket socket in _sockets)
        {
            Files.Close(socket.Descriptor);
        }
    }

    private void Open()
    {
        if (_settings.Path is string path)
        {
            OpenUnix(path);
            return;
        }

        if (_settings.Descriptor is string name)
        {
            OpenInherited(name);
            return;
        }

        for (int i = 0; i < _settings.HostPorts; i++)
        {
            ushort port = (ushort)(_settings.Host.Port + i);
            IpEndpoint local = _settings.Host with { Port = port };
            HostError error = Bind(local, out int descriptor, out bool hasHelper);
            if (error == HostError.None)
            {
                int guestPort = _settings.Guest.Port + (_settings.TakesFirstFree ? 0 : i);
                Add(descriptor, isUnix: false, (ushort)guestPort);
                if (_settings.TakesFirstFree)
                {
                    return;
                }
            }
            else if (!_settings.TakesFirstFree || error != HostError.AddressInUse
                || i == _settings.HostPorts - 1)
            {
                throw new PublishRefusal(error, local, hasHelper);
            }
        }
    }

    // By the helper where the kernel forbids it and there is one.
    private HostError Bind(in IpEndpoint local, out int descriptor, out bool hasHelper)
    {
        hasHelper = false;
        HostError error = HostSockets.Open(_settings.Protocol, local, out descriptor);
        if (error != HostError.Prohibited || local.Port == 0 || !File.Exists(_helper))
        {
            return error;
        }

        HostError answer = PortHelperClient.Bind(
            _helper!, new PortRequest(_settings.Protocol, local), out descriptor);
        hasHelper = answer == HostError.Prohibited;
        return answer == HostError.Refused ? error
            : answer == HostError.None
                ? HostSockets.TakeOver(_settings.Protocol, ref descriptor) : answer;
    }

    private void OpenInherited(string name)
    {
        int[] inherited = InheritedSockets.Take(name);
        int wrong = Array.FindIndex(inherited, socket => TypeOf(socket) != WantedType);
        if (wrong >= 0)
        {
            InheritedSockets.Return(inherited);
            throw Unusable(inherited[wrong]);
        }

        foreach (int socket in inherited)
        {
            int descriptor = socket;
            if (HostSockets.TakeOver(_settings.Protocol, ref descriptor) != HostError.None)
            {
                throw Unusable(socket);
            }

            Add(descriptor, HostSockets.LocalOf(descriptor).Port == 0, _settings.Guest.Port);
        }

        if (inherited.Length == 0)
        {
            throw new ConfigurationException(
                _settings.Key, _settings.ToString(),
                $"no socket '{name}' was inherited, or it is published already; start slipway by "
                    + "socket activation with FileDescriptorName=, or name a port");
        }
    }

    private int WantedType =>
        _settings.Protocol == IpProtocol.Udp ? Sockets.Datagram : Sockets.Stream;

    private static int TypeOf(int socket) =>
        SocketOptions.Get(socket, SocketOptions.LevelSocket, SocketOptions.Type);

    private ConfigurationException Unusable(int socket)
    {
        string remedy = TypeOf(socket) switch
        {
            Sockets.Datagram => "is of datagrams: add /udp",
            Sockets.Stream when WantedType != Sockets.Stream => "is of streams: leave /udp out",
            _ => "is no socket that can be listened on",
        };
        return new ConfigurationException(
            _settings.Key, _settings.ToString(), $"descriptor {socket} {remedy}");
    }

    private void OpenUnix(string path)
    {
        try
        {
            _file = UnixSocketFile.Bind(path, Sockets.Stream, out int descriptor);
            if (_settings.Mode != PublishSpecification.DefaultMode)
            {
                _ = Files.SetMode(path, _settings.Mode); // without the umask
            }

            HostError error = HostSockets.ListenOrClose(ref descriptor);
            if (error != HostError.None)
            {
                throw new PublishRefusal(error, default);
            }

            Add(descriptor, isUnix: true, _settings.Guest.Port);
        }
        catch (UnixSocketException e)
        {
            throw new ConfigurationException(_settings.Key, _settings.ToString(), e.Message, e)
            {
                IsInUse = e.IsInUse,
            };
        }
    }

    private void Add(int descriptor, bool isUnix, ushort guestPort)
    {
        Local = _sockets.Count == 0 ? HostSockets.LocalOf(descriptor) : Local;
        _sockets.Add(new PublishedSocket(
            descriptor, _settings.Protocol == IpProtocol.Udp, isUnix, guestPort));
    }
}
