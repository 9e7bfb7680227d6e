namespace Slipway.Wire.Tests.Tls;

/// <summary>Takes what a client says first, and then ends.</summary>
internal sealed class HelloStream : MemoryStream
{
    public override int Read(Span<byte> buffer) => 0;

    public override int Read(byte[] buffer, int offset, int count) => 0;
}
