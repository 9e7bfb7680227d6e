namespace Slipway.Control;

/// <summary>A body whose length in bytes is known.</summary>
internal sealed class LengthBody : BodyFraming
{
    private long _leftBytes;

    public LengthBody(long lengthBytes)
    {
        _leftBytes = lengthBytes;
        IsWhole = lengthBytes == 0;
    }

    public override int Take(ReadOnlySpan<byte> bytes, BoundedContent? content)
    {
        int taken = (int)Math.Min(bytes.Length, _leftBytes);
        content?.Add(bytes[..taken]);
        _leftBytes -= taken;
        IsWhole = _leftBytes == 0;
        return taken;
    }
}
