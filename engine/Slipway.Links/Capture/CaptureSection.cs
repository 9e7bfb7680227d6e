using System.Text;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>
/// A section of a pcapng file: its interfaces, which are the links, and what is written of a frame.
/// Not for several threads at once.
/// </summary>
internal sealed class CaptureSection(CaptureSettings settings, Func<int, string> nameOf)
{
    private const int MostCommentBytes = 256;
    private const int MostNameBytes = 512;

    private readonly List<Interface> _interfaces = [];
    private readonly byte[] _comment = new byte[MostCommentBytes];
    private int _commentBytes;

    /// <summary>Whether a frame belongs into the file.</summary>
    public bool Wants(in CapturedFrame frame) =>
        (settings.Link is null || settings.Link == frame.Link) && settings.Filter.Matches(frame);

    /// <summary>What the description of any interface fits in, in bytes.</summary>
    public static int LargestInterfaceBytes => PcapngWriter.InterfaceBytes(MostNameBytes);

    /// <summary>The number of a link's interface; negative where it has none yet.</summary>
    public int Find(int link)
    {
        for (int i = 0; i < _interfaces.Count; i++)
        {
            if (_interfaces[i].Link == link)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Gives a link an interface.</summary>
    public int Add(int link)
    {
        byte[] name = Encoding.UTF8.GetBytes(nameOf(link));
        _interfaces.Add(new Interface(link, name[..Math.Min(name.Length, MostNameBytes)]));
        return _interfaces.Count - 1;
    }

    public int Interfaces => _interfaces.Count;

    /// <summary>What the description of an interface takes, in bytes.</summary>
    public int InterfaceBytes(int number) =>
        PcapngWriter.InterfaceBytes(_interfaces[number].Name.Length);

    public void WriteInterface(Span<byte> place, int number) =>
        PcapngWriter.WriteInterface(place, _interfaces[number].Name, settings.SnapBytes);

    /// <summary>What a frame takes, in bytes; <see cref="Write"/> may follow.</summary>
    public int Measure(in CapturedFrame frame)
    {
        _commentBytes = frame.Loss.IsNone ? 0 : Comment(frame);
        return PcapngWriter.PacketBytes(Captured(frame).Length, _commentBytes);
    }

    /// <summary>Writes what was measured last.</summary>
    public void Write(Span<byte> place, int number, in CapturedFrame frame) =>
        PcapngWriter.WritePacket(
            place, number, frame, Captured(frame), _comment.AsSpan(0, _commentBytes));

    /// <summary>Counts a frame of an interface.</summary>
    public void Count(int number, bool isInTheFile)
    {
        _interfaces[number].Received++;
        _interfaces[number].Dropped += isInTheFile ? 0 : 1;
    }

    public void WriteStatistics(Span<byte> place, int number, long nanoseconds) =>
        PcapngWriter.WriteStatistics(
            place, number, _interfaces[number].Received, _interfaces[number].Dropped, nanoseconds);

    private ReadOnlySpan<byte> Captured(in CapturedFrame frame) =>
        frame.Bytes[..Math.Min(frame.Bytes.Length, settings.SnapBytes)];

    // "dropped: LinkFull; flow: tcp ...", in bytes that it takes.
    private int Comment(in CapturedFrame frame)
    {
        FrameLoss loss = frame.Loss;
        string flow = FrameSummary.Of(frame.Bytes).DescribeFlow();
        string text = (loss.Reason is DropReason reason
            ? $"dropped: {reason}" : $"malformed: {loss.Error}")
            + (flow.Length == 0 ? "" : $"; flow: {flow}");
        return Encoding.UTF8.TryGetBytes(text, _comment, out int written) ? written : 0;
    }

    private sealed class Interface(int link, byte[] name)
    {
        public int Link => link;

        public byte[] Name => name;

        public long Received { get; set; }

        public long Dropped { get; set; }
    }
}
