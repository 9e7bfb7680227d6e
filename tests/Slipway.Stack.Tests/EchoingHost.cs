using Slipway.Wire;

namespace Slipway.Stack.Tests;

/// <summary>
/// A host with one datagram socket that echoes, out of memory of its own: the simulated one
/// allocates for each datagram, and does not fail a send for the sake of an earlier one.
/// </summary>
internal sealed class EchoingHost
    : IHostNetwork, IHostListeners, IStreamServices, IHostDatagramSocket
{
    private readonly byte[] _payload = new byte[65_507];
    private IpEndpoint _remote;
    private int _waiting = -1;

    public IpEndpoint LocalEndpoint => default;

    /// <summary>Who is told of the socket's readiness.</summary>
    public IReadinessOwner? Owner { get; private set; }

    /// <summary>Sends that fail with Refused, as after the report of an earlier datagram.</summary>
    public int FailingSends { get; set; }

    /// <summary>What the error queue holds.</summary>
    public HostErrorReport? Report { get; set; }

    public int SendCount { get; private set; }

    public HostError Send(in IpEndpoint remote, ReadOnlySpan<byte> payload, DatagramOptions options)
    {
        SendCount++;
        if (FailingSends > 0)
        {
            FailingSends--;
            return HostError.Refused;
        }

        payload.CopyTo(_payload);
        _remote = remote;
        _waiting = payload.Length;
        return HostError.None;
    }

    public HostIo Receive(Span<byte> destination, out IpEndpoint remote)
    {
        remote = _remote;
        if (_waiting < 0)
        {
            return HostIo.Failed(HostError.WouldBlock);
        }

        int length = _waiting;
        _payload.AsSpan(0, length).CopyTo(destination);
        _waiting = -1;
        return HostIo.Moved(length);
    }

    public bool TryReceiveError(Span<byte> quoted, out HostErrorReport report)
    {
        report = Report.GetValueOrDefault();
        bool found = Report is not null;
        Report = null;
        return found;
    }

    public void Close()
    {
    }

    public HostError OpenUdp(bool ipv4, IReadinessOwner owner, out IHostDatagramSocket? socket)
    {
        Owner = owner;
        socket = this;
        return HostError.None;
    }

    public HostError OpenPing(bool ipv4, IReadinessOwner owner, out IHostDatagramSocket? socket) =>
        OpenUdp(ipv4, owner, out socket);

    public HostError ConnectTcp(
        in IpEndpoint remote, IReadinessOwner owner, out IHostStream? stream)
    {
        stream = null;
        return HostError.Refused;
    }

    public void Adopt(IHostStream stream, IReadinessOwner owner)
    {
    }

    public HostError Open(
        in IpEndpoint destination, in IpEndpoint guest, int link, IReadinessOwner owner,
        out IHostStream? stream)
    {
        stream = null;
        return HostError.Refused;
    }
}
