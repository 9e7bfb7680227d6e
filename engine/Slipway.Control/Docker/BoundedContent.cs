using System.Buffers;

namespace Slipway.Control;

/// <summary>Collects the content of a body that has to be understood, up to a bound.</summary>
/// <param name="mostBytes">More is refused.</param>
internal sealed class BoundedContent(int mostBytes)
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public ReadOnlySpan<byte> Span => _bytes.WrittenSpan;

    public ReadOnlyMemory<byte> Memory => _bytes.WrittenMemory;

    /// <exception cref="HttpMessageException">There is no room for it.</exception>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > mostBytes - _bytes.WrittenCount)
        {
            throw new HttpMessageException(
                $"the body has more than the {mostBytes >> 20} MiB that are read here");
        }

        _bytes.Write(bytes);
    }

    /// <summary>Forgets what was collected.</summary>
    public void Clear() => _bytes.ResetWrittenCount();
}
