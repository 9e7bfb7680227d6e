using Slipway.Testing;

namespace Slipway.Stack.Tests.Tcp;

/// <summary>
/// A guest's memory, with texts in pieces of all sizes that a link leaves there.
/// </summary>
internal sealed class GuestTexts(int seed)
{
    private readonly Random _random = new(seed);
    private readonly List<byte[]> _texts = [];

    /// <summary>Adds a segment's headers, its checksum open, and tells where its text is.</summary>
    public void Add(FrameBatch batch, Segment segment)
    {
        (byte[] frame, FrameOffload offload) = OffloadingCard.Leave(segment, 1_460);
        byte[] text = [.. segment.Payload];
        _texts.Add(text);
        List<ReadOnlyMemory<byte>> pieces = [];
        for (int at = 0; at < text.Length;)
        {
            int length = pieces.Count == 17 ? text.Length : _random.Next(3) switch
            {
                0 => _random.Next(1, 100),
                1 => 4_096,
                _ => _random.Next(1, text.Length),
            };
            length = Math.Min(length, text.Length - at);
            pieces.Add(text.AsMemory(at, length));
            at += length;
        }

        Assert.True(batch.TryAddHead(
            frame.AsSpan(0, offload.HeaderBytes), frame.Length, offload, pieces.Count));
        pieces.ForEach(batch.AddPiece);
    }

    /// <summary>The guest has its buffers back, and uses them for something else.</summary>
    public void Overwrite()
    {
        _texts.ForEach(text => text.AsSpan().Fill(0xee));
        _texts.Clear();
    }
}
