using Slipway.Linux;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>Published ports, at the start and while the engine runs.</summary>
public sealed partial class NetworkEngine
{
    private readonly List<PublishedPort> _published = [];
    private WaitingClients? _waiting;

    // The same for other threads; replaced as a whole.
    private volatile PublishedPort[] _publishedNow = [];
    private int _lastPublished;

    /// <summary>Opens a port of the host that leads to a guest's, or all of a range.</summary>
    /// <exception cref="ConfigurationException">It is taken or may not be had.</exception>
    /// <exception cref="InvalidOperationException">Called from within a turn.</exception>
    public PublishedPort PublishPort(PublishSpecification publication)
    {
        RefuseInTurn();
        PublishResolver.Check(publication, _configuration);
        PublishedReach reach = _keeper.Stack.Settings.Published;
        PublishedTarget opening = new(
            publication.Protocol, publication.Host, publication.HostPorts);
        reach.Begin(opening);
        try
        {
            using PublishedSockets sockets = OpenSockets(publication);
            PublishedPort? port = null;
            Invoke(_ => port = Publish(publication, sockets));
            return port!;
        }
        finally
        {
            reach.End(opening);
        }
    }

    /// <summary>Closes a published port. False when it has been closed before.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="closesConnections">
    /// Also resets the TCP connections that have come by it, which go on otherwise.
    /// </param>
    /// <exception cref="InvalidOperationException">Called from within a turn.</exception>
    public bool UnpublishPort(int id, bool closesConnections = false)
    {
        bool isFound = false;
        Invoke(now =>
        {
            int index = _published.FindIndex(port => port.Id == id);
            isFound = index >= 0;
            if (isFound)
            {
                Publication publication = _published[index].Publication;
                publication.Close();
                _published.RemoveAt(index);
                NotePublished();
                KeepShown();
                if (closesConnections)
                {
                    Abort(publication, now);
                }
            }
        });
        return isFound;
    }

    /// <summary>The ports that are published; from any thread.</summary>
    public IReadOnlyList<PublishedPort> PublishedPorts => _publishedNow;

    // A guest has left for good: what it had published leads nowhere. On the keeper.
    private void OnPortClosed(int link)
    {
        for (int i = _published.Count - 1; i >= 0; i--)
        {
            if (_published[i].Specification.Link == link)
            {
                _published[i].Publication.Close();
                _published.RemoveAt(i);
                NotePublished();
            }
        }
    }

    private void Abort(Publication publication, Instant now)
    {
        _waiting?.Drop(publication);
        _keeper.Stack.Tcp.Abort(publication, now);
        foreach (ShardWorker shard in _shards)
        {
            shard.PostAbort(publication);
        }
    }

    // On the keeper, or before it runs.
    private PublishedPort Publish(PublishSpecification settings, PublishedSockets sockets)
    {
        IpEndpoint local = sockets.Local;
        GuestTarget target = new(
            settings, _configuration.FirstGuest, _keeper.Stack.Neighbors, _dhcp, _dhcp6);
        Publication publication = new(
            _keeper, target, _waiting ??= new WaitingClients(_keeper), settings)
        {
            Reach = sockets.Reach(),
        };
        publication.Start(sockets);
        PublishedPort port = new(
            ++_lastPublished, settings, local, _configuration.FirstGuest, publication);
        _published.Add(port);
        NotePublished();
        publication.Follow();
        KeepShown();
        string protocol = settings.Protocol == IpProtocol.Udp ? "udp" : "tcp";
        _log.Write(
            LogLevel.Information,
            $"published {port.HostText}/{protocol} to {port.GuestText}");
        return port;
    }

    // What guests answer to clients that they see comes to the worker that has the ports.
    private void KeepShown() => _sharding.KeepUdp([.. _published
        .Where(port => port.Protocol == IpProtocol.Udp && port.Specification.ShowsClient)
        .SelectMany(port => Enumerable.Range(
            port.Specification.Guest.Port, port.Specification.GuestPorts))
        .Select(port => (ushort)port)]);

    private PublishedSockets OpenSockets(PublishSpecification settings)
    {
        try
        {
            return PublishedSockets.Open(
                settings, settings.MayUseHelper ? _configuration.Helper : null);
        }
        catch (PublishRefusal refusal)
        {
            throw new ConfigurationException(
                settings.Key, settings.ToString(),
                PublishMessages.Explain(settings, refusal, _publishedNow), refusal)
            {
                IsInUse = refusal.Reason == HostError.AddressInUse,
                HostError = refusal.Reason,
            };
        }
        catch (ConfigurationException e) when (
            e.InnerException is UnixSocketException { IsForbidden: true }
            && _configuration.Sandbox.IsEntered)
        {
            throw new ConfigurationException(
                settings.Key, settings.ToString(),
                $"{settings.Path} may not be made: its folder is outside the sandbox, or another "
                    + $"user's; name the folder in {SandboxConfiguration.PathsKey} of the "
                    + "configuration and start slipway again, or choose another", e);
        }
    }
}
