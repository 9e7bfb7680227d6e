namespace Slipway.Control;

/// <summary>A response's body that ends with the connection.</summary>
internal sealed class OpenBody : BodyFraming
{
    public override bool EndsWithConnection => true;

    public override int Take(ReadOnlySpan<byte> bytes, BoundedContent? content)
    {
        content?.Add(bytes);
        return bytes.Length;
    }
}
