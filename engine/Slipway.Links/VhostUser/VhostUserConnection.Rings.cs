using System.Buffers.Binary;
using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>
/// The vrings: set up, started, stopped.
/// <code>
///   state: index u32 | number u32
///   address: index u32 | flags u32 | table u64 | used u64 | available u64 | log u64
///   descriptor: index in bits 0 to 7, "without one" in bit 8, u64
/// </code>
/// </summary>
internal sealed partial class VhostUserConnection
{
    /// <summary>Frames taken from a queue in one turn, so that others have their share.</summary>
    private const int FramesPerTurn = 64;

    private const int VringAddressBytes = 40;
    private const ulong VringNoDescriptor = 0x100;
    private const string NoEvent = "gives a descriptor for a ring that is no eventfd";
    private const string NoSuchRing = "names a ring that there is not";
    private const string RunningRing = "sets up a ring that runs";

    /// <summary>The driver has put something into a ring.</summary>
    internal void OnKick(VhostUserRing ring, Instant now)
    {
        if (!_isPortOpen || !ring.Ring.IsRunning)
        {
            return; // looked at when it is online
        }

        if (ring.IsTransmit)
        {
            bool isEmpty = _transmitQueues[ring.Index / 2].Drain(
                FramesPerTurn, _port, _receiver, now);
            if (!isEmpty)
            {
                _link.ContinueNextTurn();
            }
        }
        else if (ring.Index == 0 && _receiveQueue.TakeRoom())
        {
            _receiver.OnPortWritable(_port, now);
        }
    }

    /// <summary>Goes on with the rings that had more than a turn's share.</summary>
    internal void Continue(Instant now)
    {
        for (int i = 1; i < _rings.Length; i += 2)
        {
            OnKick(_rings[i], now);
        }
    }

    private void ReportFault(VhostUserRing ring)
    {
        if (ring.Ring.Fault != RingFault.None && !ring.IsFaultReported)
        {
            ring.IsFaultReported = true;
            Faults++;
            ring.SignalError();
            _link.Report($"{_link.Description}: a guest broke the rules of its ring {ring.Index} "
                + $"({ring.Ring.Fault}), which is stopped until its driver starts it again");
        }
    }

    /// <summary>Rings that have been stopped for what the guest did.</summary>
    internal int Faults { get; private set; }

    private VhostUserRing? FindRing(ulong index) =>
        index < (ulong)_rings.Length ? _rings[index] : null;

    private string? SetVringNum()
    {
        VhostUserRing? ring = FindRing(_message.U32(0));
        uint size = _message.U32(4);
        if (ring is null || ring.Ring.IsRunning)
        {
            return ring is null ? NoSuchRing : RunningRing;
        }

        if (size is 0 or > SplitRing.LargestSize || (size & (size - 1)) != 0)
        {
            return $"wants a ring of {size}; sizes are powers of two up to {SplitRing.LargestSize}";
        }

        ring.Layout = ring.Layout with { Size = (int)size };
        UpdateQueues();
        return null;
    }

    private string? SetVringAddr()
    {
        VhostUserRing? ring = FindRing(_message.U32(0));
        if (ring is null || ring.Ring.IsRunning)
        {
            return ring is null ? NoSuchRing : RunningRing;
        }

        ring.Layout = new RingLayout(
            ring.Layout.Size, _message.U64(8), Available: _message.U64(24),
            Used: _message.U64(16));
        return null;
    }

    private string? SetVringBase()
    {
        VhostUserRing? ring = FindRing(_message.U32(0));
        if (ring is null || ring.Ring.IsRunning)
        {
            return ring is null ? NoSuchRing : RunningRing;
        }

        ring.Base = (ushort)_message.U32(4);
        return null;
    }

    // Stops the ring; an index beyond them has no answer, and the VMM is refused.
    private bool TryReplyVringBase()
    {
        uint index = _message.U32(0);
        if (FindRing(index) is not VhostUserRing ring)
        {
            return false;
        }

        if (index == 0)
        {
            _receiveQueue.Forget();
        }

        if (ring.Ring.IsRunning || ring.Ring.Fault != RingFault.None)
        {
            ring.Ring.Notify();
            ring.Base = ring.Ring.Next;
            ring.Ring.Stop();
        }

        ring.CloseKick(_watcher);
        ring.SetCall(-1);
        Span<byte> state = stackalloc byte[2 * sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(state, index);
        BinaryPrimitives.WriteUInt32LittleEndian(state[4..], ring.Base);
        Reply(VhostUserRequest.GetVringBase, state, []);
        return true;
    }

    private string? SetVringKick(Instant now)
    {
        VhostUserRing? ring = FindRing(_message.U64(0) & 0xff);
        if (!TryTakeEvent(out int kick))
        {
            return NoEvent;
        }

        if (ring is null || kick < 0)
        {
            Close(kick);
            return ring is null ? NoSuchRing : "wants its ring polled, which is not done";
        }

        try
        {
            ring.SetKick(kick, _watcher);
        }
        catch (IOException)
        {
            _watcher.Unwatch(kick);
            Files.Close(kick);
            return "gives a descriptor for kicks that cannot be waited for";
        }

        if (!ring.Ring.IsRunning)
        {
            return Start(ring, now);
        }

        OnKick(ring, now); // one may have been lost with the former descriptor
        return null;
    }

    private string? Start(VhostUserRing ring, Instant now)
    {
        if (ring.Index == 0)
        {
            _receiveQueue.Forget();
        }

        bool isStarted = ring.Ring.TryStart(
            _memory, ring.Layout, ring.Base,
            (_features & VirtioFeatures.EventIndex) != 0,
            (_features & VirtioFeatures.IndirectDescriptors) != 0, _isResumed);
        if (!isStarted)
        {
            return $"starts its ring {ring.Index}, which is not in the memory that it shares";
        }

        UpdateQueues();
        OnKick(ring, now);
        return null;
    }

    private string? SetVringCall()
    {
        VhostUserRing? ring = FindRing(_message.U64(0) & 0xff);
        if (!TryTakeEvent(out int call))
        {
            return NoEvent;
        }

        if (ring is null)
        {
            Close(call);
            return NoSuchRing;
        }

        ring.SetCall(call);
        return null;
    }

    private string? SetVringErr()
    {
        VhostUserRing? ring = FindRing(_message.U64(0) & 0xff);
        if (!TryTakeEvent(out int error))
        {
            return NoEvent;
        }

        if (ring is null)
        {
            Close(error);
            return NoSuchRing;
        }

        ring.SetError(error);
        return null;
    }

    // -1 where there is none. A pipe or a socket could raise SIGPIPE, or make a write wait.
    private bool TryTakeEvent(out int descriptor)
    {
        descriptor = _message.TakeDescriptor(0);
        if (descriptor < 0 || FileIdentity.IsAnonymous(descriptor))
        {
            return true;
        }

        Close(descriptor);
        return false;
    }

    private static void Close(int descriptor)
    {
        if (descriptor >= 0)
        {
            Files.Close(descriptor);
        }
    }

    private string? SetVringEnable(Instant now)
    {
        VhostUserRing? ring = FindRing(_message.U32(0));
        uint value = _message.U32(4);
        if (ring is null || value > 1)
        {
            return ring is null ? NoSuchRing : $"enables a ring by {value}; it is 0 or 1";
        }

        ring.IsEnabled = value == 1;
        UpdateQueues();
        OnKick(ring, now);
        return null;
    }
}
