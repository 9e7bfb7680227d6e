using Slipway.Links;
using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Fuzz.Targets;

/// <summary>
/// A connected pair of sockets whose near end is a link's; the input tells the far end's bytes, and
/// this tells the link when there is something to read.
/// </summary>
internal sealed class FuzzLink : IDescriptorWatcher, IFrameReceiver, IDisposable
{
    private const int MostTurns = 64;

    private readonly Dictionary<int, IReadinessOwner> _watched = [];
    private readonly int _near;
    private readonly int _far;

    public FuzzLink(int type)
    {
        int result = Sockets.CreatePair(Sockets.FamilyUnix, type, out _near, out _far);
        FuzzFaultException.If(result < 0, "there are no descriptors: some were not closed");
    }

    public int Opened { get; private set; }

    public int Closed { get; private set; }

    public long FrameBytes { get; private set; }

    /// <summary>The near end, which is the link's from here on.</summary>
    public int TakeNear() => _near;

    public void Start(GuestLink link) => link.Start(this, this, default);

    public void Write(byte[] bytes) => _ = Sockets.Send(_far, bytes);

    /// <summary>Tells whoever watches until nothing is left to read.</summary>
    public void Turn(GuestLink link)
    {
        Span<byte> first = stackalloc byte[1];
        for (int i = 0; i < MostTurns && _watched.ContainsKey(_near); i++)
        {
            int waiting = Sockets.Receive(
                _near, first, Sockets.MessagePeek | Sockets.MessageDontWait);
            if (waiting <= 0)
            {
                break;
            }

            _watched[_near].OnReady(Readiness.Readable, default);
            link.Flush(default);
        }
    }

    public void Watch(int descriptor, Readiness interest, IReadinessOwner owner) =>
        _watched[descriptor] = owner;

    public void WatchSignals(int descriptor, IReadinessOwner owner) =>
        _watched[descriptor] = owner;

    public void Unwatch(int descriptor) => _watched.Remove(descriptor);

    public void OnPortOpened(IGuestPort port, Instant now) => Opened++;

    public void OnFrame(
        IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload, Instant now) =>
        FrameBytes += frame.Length;

    public void OnPortWritable(IGuestPort port, Instant now)
    {
    }

    public void OnPortClosed(IGuestPort port, Instant now) => Closed++;

    public void Dispose() => Files.Close(_far);
}
