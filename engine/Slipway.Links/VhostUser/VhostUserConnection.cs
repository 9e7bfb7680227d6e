using System.Buffers.Binary;
using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>
/// One VMM on the socket: the back end's side of the vhost-user protocol
/// (docs/interop/vhost-user.rst of QEMU), and the guest behind it.
/// </summary>
/// <remarks>
/// Theory of operation. Messages come one after the other and are checked whole before anything of
/// them is done: the length and the number of descriptors that each request has. One that is wrong
/// ends the connection; its descriptors are closed, as are those that a message has too many. All
/// of it happens on the worker between frames, so mappings never change under one.
/// <para>
/// The VMM is trusted further than its guest: it could end the engine in other ways. But what it
/// says is bounded all the same, for a mistake must not write to the engine's memory.
/// </para>
/// </remarks>
internal sealed partial class VhostUserConnection : IReadinessOwner, IDisposable
{
    /// <summary>Pairs of queues that a guest may have.</summary>
    internal const int MaximumPairs = 8;

    /// <summary>Handled in one turn; a VMM sends some 30 until its guest runs.</summary>
    private const int MessagesPerTurn = 32;

    private readonly VhostUserLink _link;
    private readonly int _socket;
    private readonly IDescriptorWatcher _watcher;
    private readonly IFrameReceiver _receiver;
    private readonly VhostUserMessage _message = new();
    private readonly GuestMemory _memory = new();
    private readonly VhostUserRing[] _rings = new VhostUserRing[2 * MaximumPairs];
    private readonly TransmitQueue[] _transmitQueues = new TransmitQueue[MaximumPairs];
    private readonly ReceiveQueue _receiveQueue;
    private readonly VirtioPort _port;

    private ulong _features;
    private ulong _protocolFeatures;
    private bool _isPortOpen;
    private bool _isClosed;
    private bool _isShortageReported;

    internal VhostUserConnection(
        VhostUserLink link, int socket, int mtuBytes, IDescriptorWatcher watcher,
        IFrameReceiver receiver)
    {
        _link = link;
        _socket = socket;
        _watcher = watcher;
        _receiver = receiver;
        for (int i = 0; i < _rings.Length; i++)
        {
            _rings[i] = new VhostUserRing(this, i);
            if (_rings[i].IsTransmit)
            {
                _transmitQueues[i / 2] = new TransmitQueue(_rings[i].Ring, link.Batch);
            }
        }

        _receiveQueue = new ReceiveQueue(_rings[0].Ring, link.StagingBuffer);
        _port = new VirtioPort(_receiveQueue, mtuBytes);
    }

    internal IGuestPort Port => _port;

    internal bool IsPortOpen => _isPortOpen;

    internal void Open() => _watcher.Watch(_socket, Readiness.Readable, this);

    /// <summary>The VMM says something, or has gone.</summary>
    public void OnReady(Readiness readiness, Instant now)
    {
        for (int i = 0; i < MessagesPerTurn && !_isClosed; i++)
        {
            switch (_message.Read(_socket))
            {
                case VhostUserMessage.Progress.Waiting:
                    return;
                case VhostUserMessage.Progress.Complete:
                    Handle(now);
                    break;
                case VhostUserMessage.Progress.Closed:
                    Close(mistake: null, now);
                    break;
                default:
                    Close("sent something that is no message of vhost-user", now);
                    break;
            }
        }
    }

    /// <summary>End of the turn: the guest learns of all that was done for it.</summary>
    internal void Flush()
    {
        foreach (VhostUserRing ring in _rings)
        {
            ring.Ring.Notify();
            ReportFault(ring);
        }

        if (_receiveQueue.TooLong > 0 && !_isShortageReported)
        {
            _isShortageReported = true;
            _link.Report($"{_link.Description}: a guest's buffers are too short for frames to it, "
                + "which are lost; lower the MTU (--mtu)");
        }
    }

    public void Dispose()
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        _receiveQueue.Forget();
        foreach (VhostUserRing ring in _rings)
        {
            ring.Reset(_watcher);
        }

        _memory.Dispose();
        _message.Clear();
        _watcher.Unwatch(_socket);
        Files.Close(_socket);
    }

    private void Handle(Instant now)
    {
        VhostUserRequest request = _message.Request;
        string? mistake = null;
        bool isReplied = false;
        bool isKnown = IsKnown(request, out bool isWellFormed);
        if (!isKnown)
        {
            _link.Report($"{_link.Description}: request {(uint)request} of a VMM is not "
                + "supported and passed over");
        }
        else if (!isWellFormed)
        {
            mistake = $"sent {request} with {_message.Payload.Length} bytes and "
                + $"{_message.DescriptorCount} descriptors, which it does not have";
        }
        else
        {
            isReplied = TryReply(request);
            mistake = isReplied ? null : Apply(request, now);
        }

        if (!isReplied && _message.NeedsReply
            && (_protocolFeatures & VhostUserFeatures.ReplyAck) != 0)
        {
            Reply(request, isKnown && mistake is null ? 0ul : 1ul);
        }

        _message.Clear();
        if (mistake is not null)
        {
            Close(mistake, now);
        }
        else
        {
            OpenPort(now);
        }
    }

    // The length and the descriptors that a request must have.
    private bool IsKnown(VhostUserRequest request, out bool isWellFormed)
    {
        int length = _message.Payload.Length;
        int descriptors = _message.DescriptorCount;
        bool? answer = request switch
        {
            VhostUserRequest.GetFeatures or VhostUserRequest.SetOwner
                or VhostUserRequest.ResetOwner or VhostUserRequest.GetProtocolFeatures
                or VhostUserRequest.GetQueueNum or VhostUserRequest.GetMaxMemSlots =>
                length == 0 && descriptors == 0,
            VhostUserRequest.SetFeatures or VhostUserRequest.SetProtocolFeatures
                or VhostUserRequest.SetVringNum or VhostUserRequest.SetVringBase
                or VhostUserRequest.GetVringBase or VhostUserRequest.SetVringEnable =>
                length == sizeof(ulong) && descriptors == 0,
            VhostUserRequest.SetVringAddr => length == VringAddressBytes && descriptors == 0,
            VhostUserRequest.SetVringKick or VhostUserRequest.SetVringCall
                or VhostUserRequest.SetVringErr => length == sizeof(ulong) && descriptors
                == ((_message.U64(0) & VringNoDescriptor) == 0 ? 1 : 0),
            VhostUserRequest.SetMemTable => length >= sizeof(ulong)
                && length == sizeof(ulong) + (descriptors * RegionBytes)
                && _message.U32(0) == descriptors,
            VhostUserRequest.AddMemReg =>
                length == sizeof(ulong) + RegionBytes && descriptors == 1,
            VhostUserRequest.RemMemReg =>
                length == sizeof(ulong) + RegionBytes && descriptors <= 1,
            VhostUserRequest.GetInflightFd =>
                length is InflightBytes or InflightPaddedBytes && descriptors == 0,
            VhostUserRequest.SetInflightFd =>
                length is InflightBytes or InflightPaddedBytes && descriptors == 1,
            _ => null,
        };
        isWellFormed = answer == true;
        return answer is not null;
    }

    // Requests with an answer of their own. GET_VRING_BASE and GET_INFLIGHT_FD may fail.
    private bool TryReply(VhostUserRequest request)
    {
        switch (request)
        {
            case VhostUserRequest.GetFeatures:
                Reply(request, VirtioFeatures.Offered);
                return true;
            case VhostUserRequest.GetProtocolFeatures:
                Reply(request, VhostUserFeatures.Offered);
                return true;
            case VhostUserRequest.GetQueueNum:
                Reply(request, MaximumPairs);
                return true;
            case VhostUserRequest.GetMaxMemSlots:
                Reply(request, GuestMemory.MaximumRegions);
                return true;
            case VhostUserRequest.GetVringBase:
                return TryReplyVringBase();
            case VhostUserRequest.GetInflightFd:
                return TryReplyInflight();
            default:
                return false;
        }
    }

    // Null, or what the VMM did wrong.
    private string? Apply(VhostUserRequest request, Instant now) => request switch
    {
        VhostUserRequest.SetFeatures => SetFeatures(),
        VhostUserRequest.SetProtocolFeatures => SetProtocolFeatures(),
        VhostUserRequest.SetOwner => null,
        VhostUserRequest.ResetOwner => ResetOwner(),
        VhostUserRequest.SetMemTable => SetMemTable(),
        VhostUserRequest.AddMemReg => AddMemReg(),
        VhostUserRequest.RemMemReg => RemMemReg(),
        VhostUserRequest.SetVringNum => SetVringNum(),
        VhostUserRequest.SetVringAddr => SetVringAddr(),
        VhostUserRequest.SetVringBase => SetVringBase(),
        VhostUserRequest.SetVringKick => SetVringKick(now),
        VhostUserRequest.SetVringCall => SetVringCall(),
        VhostUserRequest.SetVringErr => SetVringErr(),
        VhostUserRequest.SetVringEnable => SetVringEnable(now),
        VhostUserRequest.SetInflightFd => SetInflight(),
        _ => $"sent {request} for what it has not",
    };

    private void Reply(VhostUserRequest request, ulong value)
    {
        Span<byte> payload = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(payload, value);
        Reply(request, payload, []);
    }

    // A VMM waits for its answers, so that there is room for them: one that is not taken whole is
    // followed by nothing sensible, and the VMM finds its connection closed.
    private void Reply(
        VhostUserRequest request, ReadOnlySpan<byte> payload, ReadOnlySpan<int> descriptors)
    {
        Span<byte> reply = stackalloc byte[VhostUserMessage.HeaderBytes + payload.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(reply, (uint)request);
        BinaryPrimitives.WriteUInt32LittleEndian(
            reply[4..], VhostUserMessage.Version | VhostUserMessage.FlagReply);
        BinaryPrimitives.WriteUInt32LittleEndian(reply[8..], (uint)payload.Length);
        payload.CopyTo(reply[VhostUserMessage.HeaderBytes..]);
        if (Sockets.SendWithDescriptors(_socket, reply, descriptors) != reply.Length)
        {
            _ = Sockets.Shutdown(_socket, Sockets.ShutdownBoth);
        }
    }

    private void Close(string? mistake, Instant now)
    {
        if (!_isClosed)
        {
            Dispose();
            _link.OnClosed(this, mistake, now);
        }
    }
}
