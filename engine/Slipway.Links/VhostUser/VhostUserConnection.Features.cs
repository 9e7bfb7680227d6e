using Slipway.Stack;

namespace Slipway.Links;

/// <summary>What both sides can do, and when the guest is online.</summary>
internal sealed partial class VhostUserConnection
{
    private string? SetFeatures()
    {
        ulong features = _message.U64(0);
        if ((features & ~VirtioFeatures.Offered) != 0)
        {
            return $"wants the features {features & ~VirtioFeatures.Offered:x}, which were not "
                + "offered";
        }

        _receiveQueue.Forget(); // what is reserved has a header of the old length
        _features = features;
        foreach (TransmitQueue queue in _transmitQueues)
        {
            queue.HeaderBytes = VirtioFeatures.HeaderBytes(features);
        }

        _receiveQueue.HeaderBytes = VirtioFeatures.HeaderBytes(features);
        _receiveQueue.IsMergeable = (features & VirtioFeatures.MergeableBuffers) != 0;
        if ((features & VirtioFeatures.ProtocolFeatures) == 0)
        {
            // "The rings are initialized in an enabled state."
            foreach (VhostUserRing ring in _rings)
            {
                ring.IsEnabled = true;
            }
        }

        UpdateQueues();
        return null;
    }

    private string? SetProtocolFeatures()
    {
        ulong features = _message.U64(0);
        if ((features & ~VhostUserFeatures.Offered) != 0)
        {
            return $"wants the protocol features {features & ~VhostUserFeatures.Offered:x}, which "
                + "were not offered";
        }

        _protocolFeatures = features;
        return null;
    }

    // "This is no longer used"; some used it to stop everything.
    private string? ResetOwner()
    {
        _receiveQueue.Forget();
        foreach (VhostUserRing ring in _rings)
        {
            ring.Reset(_watcher);
        }

        UpdateQueues();
        return null;
    }

    private void UpdateQueues()
    {
        _receiveQueue.IsEnabled = _rings[0].IsEnabled;
        for (int i = 0; i < _transmitQueues.Length; i++)
        {
            _transmitQueues[i].IsDiscarding = !_rings[(2 * i) + 1].IsEnabled;
        }

        _port.Offloads = VirtioFeatures.ToGuest(_features, _rings[0].Layout.Size);
    }

    // The guest is online when its first pair of queues runs and may be used.
    private void OpenPort(Instant now)
    {
        if (_isPortOpen || _isClosed || !_rings[0].Ring.IsRunning || !_rings[0].IsEnabled
            || !_rings[1].Ring.IsRunning || !_rings[1].IsEnabled)
        {
            return;
        }

        _isPortOpen = true;
        _receiver.OnPortOpened(_port, now);
        foreach (VhostUserRing ring in _rings)
        {
            OnKick(ring, now);
        }
    }
}
