using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>One guest on a datagram socket.</summary>
internal sealed class DatagramPort : IGuestPort
{
    private readonly DatagramLink _link;
    private readonly byte[] _address;
    private readonly byte[] _frame;

    // At most one is above zero: what is being written, and what the guest's queue did not take.
    private int _reservedBytes;
    private int _waitingBytes;

    internal DatagramPort(DatagramLink link, ReadOnlySpan<byte> address, int mtuBytes)
    {
        _link = link;
        _address = address.ToArray();
        MaxFrameLengthBytes = mtuBytes + FrameLimits.OverheadBytes;
        _frame = GC.AllocateUninitializedArray<byte>(MaxFrameLengthBytes, pinned: true);
    }

    public int Id { get; } = PortNumbers.Next();

    public int MaxFrameLengthBytes { get; }

    public Span<byte> Reserved => _frame.AsSpan(0, _reservedBytes);

    /// <summary>Where the guest's socket is bound, as struct sockaddr_un.</summary>
    internal ReadOnlySpan<byte> Address => _address;

    /// <summary>When the guest last sent something.</summary>
    internal Instant Heard { get; set; }

    /// <summary>
    /// The guest's address does not answer any more; the link closes the port at the end of the
    /// turn, not in the midst of a caller's work.
    /// </summary>
    internal bool IsGone { get; private set; }

    /// <summary>A frame waits for room in the guest's queue, and no other is taken.</summary>
    internal bool IsWaiting => _waitingBytes > 0;

    public Span<byte> Reserve(int lengthBytes)
    {
        bool isFree = !IsGone && !IsWaiting && lengthBytes <= MaxFrameLengthBytes;
        _reservedBytes = isFree ? lengthBytes : 0;
        return Reserved;
    }

    public bool Commit(int lengthBytes, in FrameOffload offload)
    {
        if (_reservedBytes == 0)
        {
            return false;
        }

        _reservedBytes = 0;
        int sent = _link.Send(this, _frame.AsSpan(0, lengthBytes));
        _waitingBytes = sent == -Errno.EAGAIN ? lengthBytes : 0;
        if (sent < 0 && !IsWaiting)
        {
            OnLost(-sent);
            return false;
        }

        return true;
    }

    /// <summary>Tries the frame that waits again. True when the port has room.</summary>
    internal bool TrySendWaiting()
    {
        int sent = _link.Send(this, _frame.AsSpan(0, _waitingBytes));
        if (sent == -Errno.EAGAIN)
        {
            return false;
        }

        _waitingBytes = 0;
        if (sent < 0)
        {
            OnLost(-sent);
        }

        return !IsGone;
    }

    internal void Close()
    {
        IsGone = true;
        _waitingBytes = 0;
        _reservedBytes = 0;
    }

    /// <summary>A frame is lost, and the guest too unless it is the host's fault.</summary>
    private void OnLost(int errno) => IsGone = errno is not (
        Errno.ENOBUFS or Errno.ENOMEM or Errno.EMSGSIZE or Errno.EINTR);
}
